/** The main job with everything real: a new scientist, a real engine, a real Chromium. Each test goes on from the last. */
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, sayIfSkipped } from '../window/open-window.ts';
import { openLab, type Lab } from './open-lab.ts';
import type { Running } from '../../hosts/cli/command-line.ts';

sayIfSkipped();

const LATE = 'flow/2026-11-04/arrived-late.fcs';
const TABLE = '2026-11-02_ELISA_IL6_plate1.csv';
const IMAGE = 'B04_overview.png';

describe.runIf(chromiumPath !== undefined)('the main job', { timeout: 90_000 }, () => {
  let lab: Lab;
  let page: Page;
  let complaints: string[];
  let engine: Running;
  let address: string;

  beforeAll(async () => {
    lab = await openLab();
    ({ address, running: engine } = await lab.serve());
    ({ page, complaints } = await lab.newWindow());
    await page.goto(address);
  }, 90_000);
  afterAll(() => lab.close());

  const row = (name: string | RegExp): Locator => page.getByRole('row', { name });
  const go = async (screen: string): Promise<void> => {
    await page.getByRole('link', { name: new RegExp(`^${screen}`) }).click();
    await page.getByRole('heading', { level: 1, name: screen }).waitFor();
  };
  const countsFiles = (n: number): Promise<void> =>
    page.getByRole('heading', { level: 1, name: `Files ${String(n)} files` }).waitFor();

  it('first run in three clicks; the files come in by themselves', async () => {
    await page.getByRole('heading', { name: 'Where does your instrument save its files?' }).waitFor();
    await page.getByRole('button', { name: 'Choose a folder…' }).click();
    // Walking goes by keys, from the person's home.
    const folders = page.getByRole('listbox', { name: 'Folders' });
    await folders.getByRole('option', { name: 'instruments' }).waitFor();
    await page.keyboard.press('i');
    await page.keyboard.press('Enter');
    await folders.getByRole('option', { name: 'plates' }).waitFor();
    await page.getByRole('button', { name: 'Choose this folder' }).click();
    await page
      .getByRole('region')
      .getByText(`Found ${String(lab.files.length)} files in`)
      .waitFor();
    // Just written, so that they are seen waiting, however long it took to get here.
    for (const file of lab.files.map((name) => join(lab.folder, name))) writeFileSync(file, readFileSync(file));
    await page.getByRole('button', { name: 'Start keeping track' }).click();

    await page.getByRole('heading', { name: `${String(lab.files.length)} files on the way` }).waitFor();
    expect((await lab.cli.run('watch', 'rule', lab.folder, '--settle', '1')).code).toBe(0);
    await countsFiles(lab.files.length);
    await row(new RegExp(TABLE)).getByText('On this computer').waitFor();
    expect(complaints).toEqual([]);
  });

  it('one more file is shown as waiting while it is written, and registered once it is complete', async () => {
    mkdirSync(join(lab.folder, 'flow/2026-11-04'));
    const file = openSync(join(lab.folder, LATE), 'w');
    const writing = setInterval(() => writeSync(file, 'event'), 100);
    try {
      const strip = page.getByRole('group', { name: 'Waiting files' });
      await strip.getByText('1 file waiting').waitFor();
      await strip.getByText('arrived-late.fcs').waitFor();
      await strip.getByRole('button', { name: 'Show' }).click();
      await page.getByRole('dialog').getByText('Still being written').waitFor();
      await page.keyboard.press('Escape');
      expect(await row(/arrived-late/).count()).toBe(0);
    } finally {
      clearInterval(writing);
      closeSync(file);
    }
    await row(/arrived-late\.fcs/).waitFor();
    await countsFiles(lab.files.length + 1);
    await expect.poll(() => page.getByRole('group', { name: 'Waiting files' }).count()).toBe(0);
  });

  it('it is labelled, and found by the label and by words', async () => {
    await page.getByLabel(`Select ${LATE}`).check();
    await page.getByRole('button', { name: 'Add label…' }).click();
    await page.getByRole('combobox', { name: 'Label' }).fill('pilot');
    await page.getByRole('option', { name: 'Create “pilot”' }).waitFor();
    await page.keyboard.press('Enter');
    await row(/arrived-late/)
      .getByText('pilot')
      .waitFor();
    await page.getByRole('button', { name: 'Clear', exact: true }).click();

    const facet = page.locator('.facet').getByRole('button', { name: 'Label' });
    await facet.click();
    await page.getByRole('checkbox', { name: /^pilot/ }).check();
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'Files 1 file found' }).waitFor();
    await row(/arrived-late/).waitFor();
    await page.getByRole('button', { name: 'Remove filter Label pilot' }).click();
    await countsFiles(lab.files.length + 1);

    const search = page.getByRole('searchbox', { name: 'Search files' });
    await search.fill('late pilot');
    await page.getByRole('heading', { name: 'Files 1 file found' }).waitFor();
    await search.fill('nothing has this name');
    await page.getByRole('heading', { name: 'No files found' }).waitFor();
    await page.getByRole('button', { name: 'Clear search and filters' }).click();
    await countsFiles(lab.files.length + 1);
  });

  it('previews of a table and of an image', async () => {
    await row(new RegExp(TABLE)).locator('.name').click();
    const details = page.getByRole('complementary', { name: 'Details' });
    await details.getByRole('region', { name: 'Table in the file' }).getByRole('cell').first().waitFor();
    await row(new RegExp(IMAGE.replace('.', '\\.')))
      .locator('.name')
      .click();
    const image = details.getByRole('img', { name: `Content of ${IMAGE}` });
    await image.waitFor();
    expect(await image.evaluate((element) => (element as HTMLImageElement).naturalWidth)).toBeGreaterThan(10);
    expect(complaints).toEqual([]);
  });

  it('a file that is written over: version 2 is the newest, the old one says what became of it', async () => {
    await row(new RegExp(TABLE)).locator('.name').click();
    const details = page.getByRole('complementary', { name: 'Details' });
    await details.getByText(/^version 1 \(newest\)/).waitFor();
    appendFileSync(join(lab.folder, 'plates', TABLE), 'H13,0.815\n');
    // The person looks at what is now the old version: it says so by itself, and leads to the new one.
    await details.getByText('Overwritten by a newer version').waitFor();
    await details.getByText('What was in it then is gone; its record stays.').waitFor();
    await details.getByRole('button', { name: 'Show the newest version' }).click();
    await details.getByText(/^version 2 \(newest\)/).waitFor();
    await details.getByRole('region', { name: 'Table in the file' }).getByRole('cell').first().waitFor();

    await details.getByRole('tab', { name: 'Versions' }).click();
    const versions = details.getByRole('tabpanel').getByRole('listitem');
    await expect.poll(() => versions.count()).toBe(2);
    expect(await versions.nth(0).textContent()).toMatch(/version 2 \(newest\).*On this computer/s);
    expect(await versions.nth(1).textContent()).toMatch(/version 1.*Overwritten by a newer version/s);
    await countsFiles(lab.files.length + 1);

    await details.getByRole('tab', { name: 'History' }).click();
    await details.getByText('Found in a watched folder and registered').waitFor();
    await details.getByRole('tab', { name: 'Versions' }).click();
    await details.getByRole('button', { name: 'Open version 1' }).click();
    await details.getByRole('tab', { name: 'History' }).click();
    await details.getByText('A newer version was written over it').waitFor();
    await details.getByRole('button', { name: 'Close details' }).click();
  });

  it('storage places: one more is added; what holds files is not removed, and why', async () => {
    await go('Storage places');
    const archive = lab.cli.path('archive');
    mkdirSync(archive);
    await page.getByRole('button', { name: 'Add a storage place…' }).click();
    await page.getByRole('dialog').getByLabel('Folder', { exact: true }).fill(archive);
    await page.getByRole('dialog').getByLabel('Description').fill('Archive');
    await page.getByRole('button', { name: 'Add storage place', exact: true }).click();
    await page.getByRole('heading', { name: 'Archive' }).waitFor();

    await page.getByRole('button', { name: `Remove ${lab.folder}` }).click();
    await page.getByRole('button', { name: 'Remove storage place' }).click();
    const refusal = page.getByRole('dialog').getByRole('alert');
    await refusal.waitFor();
    expect(await refusal.textContent()).toMatch(/\d+ /);
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: lab.folder }).waitFor();

    await page.getByRole('button', { name: 'Remove Archive' }).click();
    await page.getByRole('button', { name: 'Remove storage place' }).click();
    const removed = page.getByRole('dialog', { name: 'Removed' });
    await removed.waitFor();
    expect(await removed.getByRole('listitem').allTextContents()).toEqual([archive]);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('heading', { name: 'Archive' }).count()).toBe(0);
  });

  it('F-AP02 the switch for keeping files here holds, and a reload finds everything again', async () => {
    await go('Settings');
    const keep = page.getByRole('switch', { name: 'Keep new files on this computer (upload only when I say so)' });
    await keep.click();
    await expect.poll(() => keep.getAttribute('aria-checked')).toBe('true');
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
    await expect.poll(() => keep.getAttribute('aria-checked')).toBe('true');
    await go('Files');
    await countsFiles(lab.files.length + 1);
    expect(complaints).toEqual([]);
  });

  it('what the command line does is seen at once: a new label, a labelled file', async () => {
    const ended = await lab.cli.run('label', 'create', 'from outside');
    expect(ended.code).toBe(0);
    await page.getByRole('link', { name: /^Labels & terms 2/ }).waitFor();
    await row(/arrived-late/)
      .locator('.name')
      .click();
    await page.getByRole('tab', { name: 'Labels' }).click();
    const uid = await row(/arrived-late/).getAttribute('data-uid');
    expect((await lab.cli.run('label', 'add', uid ?? '', '--label', 'from outside')).code).toBe(0);
    await page.getByRole('list', { name: 'Labels of this file' }).getByText('from outside').waitFor();
    await page.getByRole('button', { name: 'Close details' }).click();
  });

  it('a drive that goes away and comes back: every row says so, nothing is lost', async () => {
    renameSync(lab.folder, `${lab.folder}-unplugged`);
    await row(new RegExp(TABLE)).getByText('Drive not connected').waitFor({ timeout: 60_000 });
    await go('Folders we watch');
    await page
      .getByText(
        "The drive 'instruments' is not connected. Nothing has been deleted. We will look again when it is back.",
      )
      .waitFor();
    renameSync(`${lab.folder}-unplugged`, lab.folder);
    await page.getByText('Watching', { exact: true }).waitFor({ timeout: 60_000 });
    await go('Files');
    await row(new RegExp(TABLE)).getByText('On this computer').waitFor();
    await countsFiles(lab.files.length + 1);
  });

  it('the engine is killed: a calm banner; started again, its new address shows all there was', async () => {
    engine.child.kill('SIGKILL');
    await engine.ended;
    const banner = page.getByRole('status').filter({ hasText: 'Benchkeep’s engine is not answering.' });
    await banner.getByText('start it again and open the new address that it prints').waitFor();
    // What was on screen is still there to read.
    await row(/arrived-late/).waitFor();
    expect(complaints.filter((text) => !text.includes('ERR_CONNECTION'))).toEqual([]);

    writeFileSync(join(lab.folder, 'flow/while-off.fcs'), 'written while nobody watched');
    // On the same port the old window is answered, but its key belongs to the program that is gone.
    const next = await lab.serve('--port', new URL(address).port);
    await page.getByRole('heading', { name: 'This window’s key was used or is too old' }).waitFor();
    await page.goto(next.address);
    await row(/while-off/).waitFor();
    await countsFiles(lab.files.length + 2);
    await row(/arrived-late/)
      .getByText('pilot')
      .waitFor();
  });
});
