/** The registry is deleted from its settings: asked, refused while it has content of its own, and what remains is named. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StaticFiles } from '../../../src-main/ports/fs/static-files.ts';
import { makeArtifact } from '../../renderer/fake-engine/records.ts';
import { labWorld } from '../../renderer/fake-engine/world.ts';
import { takePicture } from '../story/take-pictures.ts';
import { buildWindow, chromiumPath, launchChromium, openWindow, sayIfSkipped } from './open-window.ts';

sayIfSkipped();

describe.runIf(chromiumPath !== undefined)('deleting the registry', () => {
  let browser: Browser;
  let files: StaticFiles;
  beforeAll(async () => {
    files = await buildWindow();
    browser = await launchChromium();
  }, 60_000);
  afterAll(() => browser.close());

  it('by keys: asks with Cancel in focus, names what remains before and after, and begins anew', async () => {
    const world = labWorld(3);
    const { page, complaints } = await openWindow({ browser, files }, world);
    await page.getByRole('link', { name: /^Settings/ }).click();
    const opener = page.getByRole('button', { name: 'Delete registry…' });
    await opener.focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Delete this registry?' });
    await dialog.getByText('a file/folder remains here: /home/ada/benchkeep').waitFor();
    await dialog.getByText('No file of yours is deleted').waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Cancel');
    await takePicture(page, 'delete-registry');
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'hidden' });
    expect(await opener.evaluate((node) => node === document.activeElement)).toBe(true);
    expect(world.calls).not.toContain('instance.delete');
    await page.keyboard.press('Enter');
    await dialog.getByText('a file/folder remains here').waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Delete registry');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'The registry ada-lab is deleted' }).waitFor();
    await page.getByText('a file/folder remains here: /home/ada/benchkeep').waitFor();
    await takePicture(page, 'registry-deleted');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Begin anew');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Where does your instrument save its files?' }).waitFor();
    expect(new URL(page.url()).hash).toBe('');
    expect(complaints).toEqual([]);
  });

  it('while it has content of its own it is refused, with what; who says so again deletes the registry only', async () => {
    const world = labWorld(0);
    const [home] = world.storages;
    if (!home) expect.fail('There is no place');
    world.artifacts.push(makeArtifact(1, home), makeArtifact(2, home));
    const { page } = await openWindow({ browser, files }, world);
    await page.getByRole('link', { name: /^Settings/ }).click();
    await page.getByRole('button', { name: 'Delete registry…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete this registry?' });
    await dialog.getByRole('button', { name: 'Delete registry', exact: true }).click();
    await dialog.getByText('has 2 files in storages that it manages').waitFor();
    await dialog.getByText('then only the registry is removed and the files stay where they are').waitFor();
    await takePicture(page, 'delete-registry-refused');
    expect(world.instance).not.toBeNull();
    await dialog.getByRole('button', { name: 'Delete registry, leave the files' }).click();
    await page.getByRole('heading', { name: 'The registry ada-lab is deleted' }).waitFor();
    expect(world.instance).toBeNull();
  });
});
