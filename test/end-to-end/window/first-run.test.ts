/** The first screen there ever is, in a real Chromium. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StaticFiles } from '../../../src-main/ports/fs/static-files.ts';
import { arrive, freshWorld, failNext } from '../../renderer/fake-engine/world.ts';
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
