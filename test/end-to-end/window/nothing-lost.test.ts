/** What is missing, changed, away or damaged; the trash; taking back; backups: in a real Chromium. */
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BenchkeepError } from '../../../shared/errors.ts';
import type { StaticFiles } from '../../../src-main/ports/fs/static-files.ts';
import { did } from '../../renderer/fake-engine/deeds.ts';
import { TROUBLED, troubledWorld } from '../../renderer/fake-engine/troubled-world.ts';
import { changed, failNext } from '../../renderer/fake-engine/world.ts';
import { buildWindow, chromiumPath, launchChromium, openWindow, sayIfSkipped, type OpenWindow } from './open-window.ts';

sayIfSkipped();

const uid = (n: number): string => `art${String(n).padStart(13, '0')}0000`;
const rowOf = (page: Page, n: number): Locator => page.locator(`[role=row][data-uid="${uid(n)}"]`);

async function go(page: Page, screen: string): Promise<void> {
  await page.getByRole('link', { name: new RegExp(`^${screen}`) }).click();
  await page.getByRole('heading', { level: 1, name: screen }).waitFor();
}

describe.runIf(chromiumPath !== undefined)('nothing lost', () => {
  let browser: Browser;
  let files: StaticFiles;
  beforeAll(async () => {
    files = await buildWindow();
    browser = await launchChromium();
  }, 60_000);
  afterAll(() => browser.close());

  async function lab(): Promise<OpenWindow> {
    const opened = await openWindow({ browser, files }, troubledWorld());
    await rowOf(opened.page, TROUBLED.missing).waitFor();
    return opened;
  }

  it('a missing file: where it may be now and why; taken, the others of its folder come along; taken back at once', async () => {
    const { page, world, complaints } = await lab();
    await rowOf(page, TROUBLED.missing).click();
    const notice = page.getByRole('group', { name: "Can't find this file" });
    await notice.getByText('Its record, labels and versions are kept').waitFor();
    await notice.getByRole('button', { name: 'Find automatically' }).click();
    const dialog = page.getByRole('dialog', { name: 'Where is this file now?' });
    await dialog.getByText('the same name and size, but other content').waitFor();
    await dialog
      .getByRole('button', { name: /^It is/ })
      .first()
      .click();
    await page.getByText(/^Found again: .* and 3 others of its folder/).waitFor();
    const missing = (): number =>
      world.artifacts.filter(({ state, state_reason: why }) => state === 'missing' && !why).length;
    expect(missing()).toBe(0);
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await expect.poll(missing).toBe(4);
    expect(complaints).toEqual([]);
  });

  it('a path that is wrong is said so in the dialog, and nothing is closed', async () => {
    const { page } = await lab();
    await rowOf(page, TROUBLED.missing).click();
    await page.getByRole('button', { name: 'Locate…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Where is this file now?' });
    await dialog.getByLabel('Path of the file').fill('/data/x.other');
    await dialog.getByRole('button', { name: 'Locate', exact: true }).click();
    await dialog.getByText('/data/x.other has other content').waitFor();
    await dialog.getByText('Choose the file itself.').waitFor();
    // Escape closes the dialog, and not what is below it.
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await page.getByRole('group', { name: "Can't find this file" }).waitFor();
    await page.getByText('What is in it is shown again once it is found.').waitFor();
  });

  it.each([
    ['overwritten', 'Overwritten', 'A newer version was written over this file.'],
    ['changed', 'Changed since last version', 'The content on the disk is another one than what was registered.'],
    ['offline', 'Drive not connected', 'Nothing has been deleted. We will look again when it is back.'],
    ['damaged', 'Damaged', 'other bytes than were registered, though nothing was written to it'],
  ] as const)('%s is said in plain words', async (which, name, words) => {
    const { page } = await lab();
    await rowOf(page, TROUBLED[which]).scrollIntoViewIfNeeded();
    await rowOf(page, TROUBLED[which]).click();
    await page.getByRole('group', { name }).getByText(words).waitFor();
  });

  it('a run folder is one row that says how many files are in it', async () => {
    const { page } = await lab();
    expect(await rowOf(page, TROUBLED.folder).textContent()).toMatch(/run folder.*1,204 files/s);
  });

  it('trash: files go with one click, come back with one; for good only after a plan that names all', async () => {
    const { page, world, complaints } = await lab();
    await page.getByLabel(/^Select .*sample_00051/).check();
    await page.getByRole('button', { name: 'Move to Trash' }).click();
    await page.getByText('1 item moved to Trash. The files stay.').waitFor();
    await go(page, 'Trash');
    await page.getByText('6 items').waitFor();
    await page.getByLabel('Select all shown').check();
    await page.getByRole('button', { name: 'Delete for good…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete 6 items for good?' });
    for (const words of [
      'Benchkeep’s own copy of 1 item',
      'A file remains here: /data/instruments/flow/day2/sample_00051.fastq.gz',
      '1 item can’t be deleted and stays in Trash',
      'it belongs to the set "Figure 2"',
    ])
      await dialog.getByText(words).waitFor();
    expect(world.calls).not.toContain('artifacts.delete');
    await dialog.getByRole('button', { name: 'Delete for good' }).click();
    await page.getByText('1 item', { exact: true }).waitFor();
    expect(world.artifacts.filter(({ visibility }) => visibility === -1).map((row) => row.uid)).toEqual([uid(5)]);
    await page
      .locator('tbody')
      .getByRole('button', { name: /Take out/ })
      .click();
    await expect.poll(() => world.artifacts.filter(({ visibility }) => visibility === -1).length).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('history: what was done and by whom; undo, and redo where it was taken back; what can’t be says why', async () => {
    const { page, complaints } = await lab();
    await go(page, 'History');
    await page.getByText('by ada · It made the registry.').waitFor();
    await page.getByRole('button', { name: /^Undo: Folder flow\/day1/ }).click();
    await page.getByText('by ada · taken back').waitFor();
    await page.getByRole('button', { name: /^Redo: Folder flow\/day1/ }).click();
    await page.getByText('by ada · taken back').filter({ visible: true }).first().waitFor();
    await page.getByText('Done again: Folder flow/day1').first().waitFor();
    expect(complaints).toEqual([]);
  });

  it('Ctrl+Z takes back the last thing of a person; a refusal is said', async () => {
    const { page, world } = await lab();
    await page.keyboard.press('Control+z');
    await page.getByText('Taken back: Folder flow/day1').first().waitFor();
    failNext(world, 'changes.undo', 'refused', 'Others were renamed since', 'Take those back first.');
    await page.keyboard.press('Escape');
    for (const button of await page.getByRole('button', { name: 'Dismiss' }).all()) await button.click();
    await go(page, 'History');
    await page.getByRole('button', { name: /^Redo: Folder flow\/day1/ }).click();
    await page.getByText('Others were renamed since').waitFor();
    await page.getByText('Take those back first.').waitFor();
  });

  it('a folder that was renamed outside is told once it was followed, with its undo', async () => {
    const { page, world } = await lab();
    did(
      world,
      'move',
      'Folder flow/day2 was renamed to flow/day 2 – 412 files kept their details',
      [],
      () => undefined,
    );
    changed(world, 'copy', 'artifact');
    await page.getByText('Folder flow/day2 was renamed to flow/day 2 – 412 files kept their details').waitFor();
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await page.getByText('Taken back: Folder flow/day2').waitFor();
  });

  it('what waits or failed says why, since when and what to do; names are left out by a rule that is seen', async () => {
    const { page, world } = await lab();
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Not registered yet' });
    await dialog.getByText('It can’t be read: permission denied').waitFor();
    await dialog.getByText('15 min ago').first().waitFor();
    await dialog.getByRole('button', { name: 'Ignore such names… run.lock' }).click();
    await dialog.getByRole('button', { name: 'Ignore *.lock' }).click();
    await page.getByText('is left out from now on').first().waitFor();
    expect(world.inbox.map(({ relative }) => relative)).not.toContain('flow/day9/run.lock');
    await dialog.getByRole('button', { name: /^Take back/ }).click();
    await expect.poll(() => world.inbox.find(({ relative }) => relative === 'old.tmp')?.state).toBe('waiting');
    await page.keyboard.press('Escape');
    await go(page, 'Folders we watch');
    await page.getByRole('button', { name: 'What is kept of Instruments' }).click();
    expect(await page.getByLabel('Leave these out').inputValue()).toContain('*.lock');
  });

  it('the rule of a folder: changed, refused where it makes no sense', async () => {
    const { page, world } = await lab();
    await go(page, 'Folders we watch');
    await page.getByRole('button', { name: 'What is kept of Instruments' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Leave these out').fill('[');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('Write it like *.tmp.').waitFor();
    await dialog.getByLabel('Leave these out').fill('*.bak\n');
    await dialog.getByLabel('Run folders: each is kept as one item').fill('run_*');
    await dialog.getByLabel('A run folder is complete when it has this file').fill('done.txt');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
    expect(world.rules.get('stor00000002')).toMatchObject({
      exclude: ['*.bak'],
      bundle: ['run_*'],
      done_marker: 'done.txt',
    });
  });

  it('many files gone at once: nothing is changed until somebody says so', async () => {
    const { page, world } = await lab();
    await page.getByRole('link', { name: /^Folders we watch.*needs your attention/ }).waitFor();
    await go(page, 'Folders we watch');
    await page.getByText("412 files of 'Microscope' are gone at once. Nothing was changed.").waitFor();
    await page.getByRole('button', { name: 'They are really gone' }).click();
    await page.getByText('412 files noted as missing. Their records are kept.').waitFor();
    expect(world.calls).toContain('watching.confirmLoss');
  });

  it('backups: made now, gone back to after saying what is lost; a bad one is not offered', async () => {
    const { page, world, complaints } = await lab();
    await page.getByText('The daily backup failed').waitFor();
    await go(page, 'Settings');
    expect(await page.getByRole('button', { name: /^Go back to/ }).count()).toBe(2);
    await page.getByText('It can’t be read to the end').waitFor();
    await page.getByRole('button', { name: 'Back up now' }).click();
    await expect.poll(() => world.backups.length).toBe(4);
    await page
      .getByRole('button', { name: /^Go back to/ })
      .nth(1)
      .click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(/changes? made since .* not in it/).waitFor();
    expect(world.calls).not.toContain('registry.restore');
    await dialog.getByRole('button', { name: /^Go back to/ }).click();
    await page.getByText('What was there before is kept').waitFor();
    expect(complaints).toEqual([]);
  });

  describe('a registry that can’t be opened', () => {
    async function damaged(): Promise<OpenWindow> {
      const world = troubledWorld();
      const error = new BenchkeepError(
        'registry_corrupt',
        'registry.db is damaged',
        'Repair it, or go back to a backup',
      );
      world.failures.set('instance.current', { error, forever: true });
      for (const name of ['artifacts.list', 'changes.view']) world.failures.set(name, { error, forever: true });
      const opened = await openWindow({ browser, files }, world);
      await opened.page.getByRole('heading', { name: 'The registry can’t be opened' }).waitFor();
      await opened.page.getByText('registry.db is damaged').waitFor();
      await opened.page.getByText('Your files are where they were').waitFor();
      return opened;
    }

    it('is repaired by one click', async () => {
      const { page, world, complaints } = await damaged();
      await page.getByRole('button', { name: 'Look again' }).click();
      await expect.poll(() => world.calls.filter((name) => name === 'registry.doctor').length).toBe(1);
      for (const name of ['artifacts.list', 'changes.view']) world.failures.delete(name);
      await page.getByRole('button', { name: 'Repair' }).click();
      await page.getByText('Repaired: all 60 artifacts').waitFor();
      await rowOf(page, TROUBLED.changed).waitFor();
      expect(complaints).toEqual([]);
    });

    it('goes back to a backup, and a new one is not offered', async () => {
      const { page, world } = await damaged();
      expect(await page.getByRole('button', { name: 'Back up now' }).count()).toBe(0);
      await page
        .getByRole('button', { name: /^Go back to/ })
        .first()
        .click();
      const dialog = page.getByRole('dialog');
      await dialog.getByText(/What was changed since is not in it/).waitFor();
      for (const name of ['artifacts.list', 'changes.view']) world.failures.delete(name);
      await dialog.getByRole('button', { name: /^Go back to/ }).click();
      await page.getByText(/What was there before is kept in/).waitFor();
      await rowOf(page, TROUBLED.changed).waitFor();
    });
  });

  it('reading all content again: how far it is; paused and set by the person', async () => {
    const { page, world } = await lab();
    await go(page, 'Settings');
    await page.getByText('Reading now: 1,204 of 9,800 copies read').waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await expect.poll(() => world.scrub.state).toBe('paused');
    await page.getByLabel('How often').selectOption({ label: 'Only when I say so' });
    await expect.poll(() => world.settings.scrub_days).toBe(0);
  });
});
