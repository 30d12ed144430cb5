/** Empty, error and not connected are different states, each with one thing to do; the window comes back by itself. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StaticFiles } from '../../../src-main/ports/fs/static-files.ts';
import { BenchkeepError } from '../../../shared/errors.ts';
import { arrive, labWorld, makeFolder, emit } from '../../renderer/fake-engine/world.ts';
import { makeStorage } from '../../renderer/fake-engine/records.ts';
import { buildWindow, chromiumPath, launchChromium, openWindow, sayIfSkipped } from './open-window.ts';

sayIfSkipped();

describe.runIf(chromiumPath !== undefined)('states', () => {
  let browser: Browser;
  let files: StaticFiles;
  beforeAll(async () => {
    files = await buildWindow();
    browser = await launchChromium();
  }, 60_000);
  afterAll(() => browser.close());

  it('an error says what happened and what to do, and is gone with the next try', async () => {
    const world = labWorld(20);
    const error = new BenchkeepError('registry_corrupt', 'The registry is damaged', 'Restore the newest backup.');
    world.failures.set('artifacts.list', { error, forever: true });
    const { page } = await openWindow({ browser, files }, world);
    const alert = page.getByRole('alert');
    await alert.getByText('The registry is damaged').waitFor();
    await alert.getByText('Restore the newest backup.').waitFor();
    world.failures.delete('artifacts.list');
    await alert.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('row', { name: /sample_00019/ }).waitFor();
  });

  it('nothing registered yet leads to watching a folder', async () => {
    const world = labWorld(0);
    world.folders = [];
    const { page } = await openWindow({ browser, files }, world);
    await page.getByRole('heading', { name: 'No files yet' }).waitFor();
    await page.getByRole('button', { name: 'Watch a folder' }).click();
    await page.getByRole('heading', { name: 'Folders we watch' }).waitFor();
  });

  it('files that wait are never taken for an empty folder', async () => {
    const world = labWorld(0);
    const { page } = await openWindow({ browser, files }, world);
    await page.getByText('The folder is watched: its files appear here by themselves').waitFor();
    expect(await page.getByRole('button', { name: 'Watch a folder' }).count()).toBe(0);
    const since = '2026-11-01T00:00:00Z';
    world.inbox = ['a', 'b'].map((name) => ({
      path: `/data/${name}.fcs`,
      storage: 's',
      state: 'waiting',
      reason: 'Waiting – still being written',
      since,
      next: null,
      relative: '',
      can: [],
      pattern: null,
    }));
    emit(world, { type: 'inbox', waiting: 2, failed: 0 });
    await page.getByRole('heading', { name: '2 files on the way' }).waitFor();
  });

  it('states follow a drive that goes, though nothing in the registry changed', async () => {
    const world = labWorld(20);
    const { page } = await openWindow({ browser, files }, world);
    const first = page.locator('[role=row][data-index="0"]');
    await first.getByText('On this computer').waitFor();
    for (const row of world.artifacts) row.state = 'offline';
    world.folders = world.folders.map((folder) => ({ ...folder, health: 'offline' }));
    emit(world, { type: 'folders' });
    await first.getByText('Drive not connected').waitFor();
  });

  it('a lost connection: a calm banner, then everything is read again, selection and screen kept', async () => {
    const { page, engine, world } = await openWindow({ browser, files }, labWorld(20));
    await page.getByLabel(/^Select .*sample_00019/).check();
    world.failures.set('host.capabilities', { error: new BenchkeepError('internal', 'x', 'y'), forever: false });
    engine.dropConnections();
    await page.getByText('Benchkeep’s engine is not answering.').waitFor();
    arrive(world, 'flow/meanwhile.fcs');
    await page.getByRole('row', { name: /meanwhile\.fcs/ }).waitFor();
    await expect.poll(() => page.getByText('Benchkeep’s engine is not answering.').count()).toBe(0);
    await page.getByText('1 selected').waitFor();
    arrive(world, 'flow/after.fcs');
    await page.getByRole('row', { name: /after\.fcs/ }).waitFor();
  });

  it('a drive that is not connected is explained; a refused removal is told in the dialog', async () => {
    const world = labWorld(20);
    const nas = makeStorage(3, { root: '/mnt/Sequencer-NAS', managed: false, watch: true });
    world.storages.push(nas);
    world.folders.push(makeFolder(nas, { health: 'offline', n_waiting: 2 }));
    const { page } = await openWindow({ browser, files }, world);
    await page.getByRole('link', { name: /Folders we watch/ }).click();
    await page
      .getByText(
        "The drive 'Sequencer-NAS' is not connected. Nothing has been deleted. We will look again when it is back.",
      )
      .waitFor();
    await page.getByText(/^Checked \d+ s ago – 3 new$/).waitFor();
    await page.getByRole('link', { name: /Storage places/ }).click();
    await page.getByRole('button', { name: 'Remove Instruments' }).click();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Cancel');
    await page.getByRole('button', { name: 'Remove storage place' }).click();
    await page.getByText('This place still holds registered files').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Edit description of /mnt/Sequencer-NAS' }).click();
    await page.getByRole('textbox', { name: 'Description' }).fill('Sequencer');
    await page.getByRole('button', { name: 'Save description' }).click();
    await page.getByRole('heading', { name: 'Sequencer', exact: true }).waitFor();
  });

  it('settings: the name, and the switch for keeping new files here', async () => {
    const { page, world } = await openWindow({ browser, files }, labWorld(20));
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Grace Example');
    await page.getByRole('button', { name: 'Save name' }).click();
    await expect.poll(() => world.instance?.user.name).toBe('Grace Example');
    const keep = page.getByRole('switch', { name: 'Keep new files on this computer (upload only when I say so)' });
    await keep.click();
    await expect.poll(() => keep.getAttribute('aria-checked')).toBe('true');
    expect(world.settings.keep_artifacts_local).toBe(true);
    await page.reload();
    await expect.poll(() => keep.getAttribute('aria-checked')).toBe('true');
  });
});
