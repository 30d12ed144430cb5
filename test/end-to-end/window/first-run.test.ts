/** The first screen there ever is, in a real Chromium. */
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StaticFiles } from '../../../src-main/ports/fs/static-files.ts';
import { arrive, freshWorld, failNext } from '../../renderer/fake-engine/world.ts';
import { takePicture } from '../story/take-pictures.ts';
import { buildWindow, chromiumPath, launchChromium, openWindow, sayIfSkipped } from './open-window.ts';

sayIfSkipped();

describe.runIf(chromiumPath !== undefined)('first run', () => {
  let browser: Browser;
  let files: StaticFiles;
  beforeAll(async () => {
    files = await buildWindow();
    browser = await launchChromium();
  }, 60_000);
  afterAll(() => browser.close());

  it('three clicks from nothing to a watched folder whose files come in', async () => {
    const { page, world, complaints } = await openWindow({ browser, files }, freshWorld());
    await page.getByRole('heading', { name: 'Where does your instrument save its files?' }).waitFor();
    await page.getByRole('button', { name: 'Choose a folder…' }).click();
    const list = page.getByRole('listbox', { name: 'Folders' });
    await list.getByRole('option', { name: 'instruments' }).waitFor();
    // Walking to a folder goes by keys; the second click takes it.
    await list.focus();
    await page.keyboard.press('Enter');
    await list.getByRole('option', { name: 'flow' }).waitFor();
    await page.getByRole('button', { name: 'Choose this folder' }).click();
    await page.getByRole('region').getByText('Found 287 files and 2 run folders in 25 folders, 41 GB.').waitFor();
    await page.getByText('Your files stay where they are; Benchkeep only reads them.').waitFor();
    await page.getByText('Looks like Illumina runs').waitFor();
    await page.getByRole('button', { name: 'Start keeping track' }).click();
    await page.getByRole('heading', { name: 'No files yet' }).waitFor();
    expect(world.storages.map(({ root, watch, managed }) => ({ root, watch, managed }))).toEqual([
      { root: '/home/ada/benchkeep', watch: false, managed: true },
      { root: '/data/instruments', watch: true, managed: false },
    ]);
    arrive(world, 'flow/day1.fcs', 'flow/day2.fcs');
    await page.getByRole('row', { name: /day1\.fcs/ }).waitFor();
    expect(await page.getByRole('grid').getAttribute('aria-rowcount')).toBe('3');
    expect(complaints).toEqual([]);
  });

  it('a refused folder says why and lets the person go back; nothing was lost', async () => {
    const { page, world } = await openWindow({ browser, files }, freshWorld());
    await page.getByRole('button', { name: 'Choose a folder…' }).click();
    await page.getByRole('button', { name: 'Choose this folder' }).click();
    failNext(
      world,
      'storages.add',
      'root_refused',
      'This folder belongs to the system',
      'Choose the folder of the instrument.',
    );
    await page.getByRole('button', { name: 'Start keeping track' }).click();
    await page.getByRole('alert').filter({ hasText: 'Choose the folder of the instrument.' }).waitFor();
    await page.getByRole('button', { name: 'Start keeping track' }).click();
    await page.getByRole('heading', { name: 'No files yet' }).waitFor();
    expect(world.calls.filter((name) => name === 'instance.init')).toHaveLength(1);
  });

  it('one file, by its path', async () => {
    const { page, world } = await openWindow({ browser, files }, freshWorld());
    await page.getByRole('button', { name: 'I just want to add one file' }).click();
    await page.getByLabel('Path of the file').fill('/data/plate.csv');
    await page.getByRole('button', { name: 'Add this file' }).click();
    await page.getByRole('row', { name: /plate\.csv/ }).waitFor();
    await page.getByText('1 file added.').waitFor();
    expect(world.artifacts.map((row) => row.key)).toEqual(['plate.csv']);
  });

  it('begins in a bucket: it is described and tried, the registry is made there, then come files', async () => {
    const world = freshWorld();
    world.capabilities = { ...world.capabilities, keychain: true };
    const { page, complaints } = await openWindow({ browser, files }, world);
    const opener = page.getByRole('button', { name: 'Begin in a bucket…' });
    await opener.focus();
    await page.keyboard.press('Enter');
    const form = page.getByRole('dialog', { name: 'Begin in a bucket' });
    await form.getByText('Uploads go to this bucket.').waitFor();
    await page.keyboard.press('Escape');
    await form.waitFor({ state: 'hidden' });
    expect(await opener.evaluate((node) => node === document.activeElement)).toBe(true);
    await page.keyboard.press('Enter');
    const begin = form.getByRole('button', { name: 'Begin with this bucket' });
    expect(await begin.isDisabled()).toBe(true);
    await form.getByLabel('Another S3 store').check();
    await form.getByLabel('Bucket', { exact: true }).fill('s3://lab-data/flow');
    await form.getByLabel('Address of the server').fill('https://store.example.org');
    await form.getByLabel('With an access key').check();
    for (const label of ['Access key', 'Secret key'])
      await form.locator('label', { hasText: label }).locator('input.input').fill(`${label} of mine`);
    const root = 's3://lab-data/flow?endpoint_url=https%3A%2F%2Fstore.example.org';
    world.tests.set(root, [
      { step: 'clock', ok: false, message: 'The clock is 12 min behind.', remedy: 'Set the clock of this computer.' },
    ]);
    await form.getByRole('button', { name: 'Test connection' }).click();
    await form.getByText('Set the clock of this computer.').waitFor();
    await takePicture(page, 'first-bucket-refused');
    world.tests.delete(root);
    await form.getByRole('button', { name: 'Test connection' }).click();
    await form.getByText('All is well').waitFor();
    await takePicture(page, 'first-bucket');
    // For the session, as long as it is no place of theirs.
    expect(world.signIns.map(({ storage, keep }) => [storage, keep])).toEqual([
      [root, 'session'],
      [root, 'session'],
    ]);
    expect(world.calls).not.toContain('instance.init');
    await begin.click();
    await page.getByRole('heading', { name: 'No files yet' }).waitFor();
    expect(world.storages).toMatchObject([{ root: 's3://lab-data/flow', type: 's3', managed: true, default: true }]);
    expect(world.signIns.at(-1)).toMatchObject({ storage: root, keep: 'keychain' });
    expect(complaints).toEqual([]);
  });

  it('a bucket that the lab has begun in already: its registry is opened; of what is left nothing stays', async () => {
    const { page, world } = await openWindow({ browser, files }, freshWorld());
    const describe = async (): Promise<Locator> => {
      await page.getByRole('button', { name: 'Begin in a bucket…' }).click();
      const form = page.getByRole('dialog', { name: 'Begin in a bucket' });
      await form.getByLabel('Bucket', { exact: true }).fill('lab-data');
      await form.getByRole('textbox', { name: 'Profile' }).fill('lab');
      await form.getByRole('button', { name: 'Test connection' }).click();
      await form.getByText('All is well').waitFor();
      return form;
    };
    await (await describe()).getByRole('button', { name: 'Cancel' }).click();
    await expect.poll(() => world.signIns).toEqual([]);
    const form = await describe();
    failNext(
      world,
      'instance.init',
      'storage_managed_elsewhere',
      's3://lab-data is managed by the instance bench',
      'Choose another folder of the bucket.',
    );
    await form.getByRole('button', { name: 'Begin with this bucket' }).click();
    await form.getByText('s3://lab-data is managed by the instance bench').waitFor();
    await form.getByRole('button', { name: 'Open the registry that is there' }).click();
    await page.getByRole('heading', { name: 'No files yet' }).waitFor();
    expect(world.calls.filter((name) => name === 'instance.connect')).toHaveLength(1);
    expect(world.signIns.at(-1)).toMatchObject({ credentials: { profile: 'lab' }, keep: 'keychain' });
  });

  it('an address opens one window: a second time it says so, and what to do; a reload finds its way back', async () => {
    const { page, host } = await openWindow({ browser, files }, freshWorld());
    const heading = page.getByRole('heading', { name: 'Where does your instrument save its files?' });
    await heading.waitFor();
    expect(page.url()).not.toContain('code');
    await page.reload();
    await heading.waitFor();
    const other = await browser.newContext();
    const stranger = await other.newPage();
    await stranger.goto(host.address);
    await stranger.getByRole('heading', { name: 'This window’s key was used or is too old' }).waitFor();
    await stranger.getByText('benchkeep serve').waitFor();
    await other.close();
  });
});
