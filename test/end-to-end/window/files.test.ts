/** The table of files in a real Chromium: keys, sort, search, filters, labels, what comes in by itself. */
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StaticFiles } from '../../../src-main/ports/fs/static-files.ts';
import { arrive, changed, emit, failNext, labWorld, type World } from '../../renderer/fake-engine/world.ts';
import { buildWindow, chromiumPath, launchChromium, openWindow, sayIfSkipped, type OpenWindow } from './open-window.ts';

sayIfSkipped();

const rowAt = (page: Page, index: number): Locator => page.locator(`[role=row][data-index="${String(index)}"]`);
const said = (page: Page): Locator => page.getByTestId('announcements');
const focusedName = (page: Page): Promise<string> =>
  page.evaluate(
    () => document.activeElement?.querySelector('.name')?.textContent ?? document.activeElement?.tagName ?? '',
  );

/** Of the table, in pixels. */
const ROW_HEIGHT = 44;

describe.runIf(chromiumPath !== undefined)('files', () => {
  let browser: Browser;
  let files: StaticFiles;
  beforeAll(async () => {
    files = await buildWindow();
    browser = await launchChromium();
  }, 60_000);
  afterAll(() => browser.close());

  async function lab(n = 10_000, change: (world: World) => void = () => undefined): Promise<OpenWindow> {
    const world = labWorld(n);
    change(world);
    const opened = await openWindow({ browser, files }, world);
    await rowAt(opened.page, 0).locator('.name').waitFor();
    return opened;
  }

  it('10,000 files: few rows in the page, all of them counted, and scrolled to', async () => {
    const { page, world, complaints } = await lab();
    const grid = page.getByRole('grid', { name: 'Files' });
    expect(await grid.getAttribute('aria-rowcount')).toBe('10001');
    // So far that the first pages are let go, and read again on the way back.
    for (let height = 0; height < 3000 * ROW_HEIGHT;) {
      const before = await grid.evaluate((element) => element.scrollHeight);
      await grid.evaluate((element) => element.scrollTo({ top: element.scrollHeight }));
      await expect.poll(() => grid.evaluate((element) => element.scrollHeight)).toBeGreaterThan(before);
      height = before;
    }
    const asked = world.calls.length;
    await grid.evaluate((element, top) => element.scrollTo({ top }), 1140 * ROW_HEIGHT);
    await rowAt(page, 1150).locator('.name').waitFor();
    expect(await rowAt(page, 1150).getAttribute('aria-rowindex')).toBe('1152');
    expect(await rowAt(page, 1150).locator('.name').textContent()).toContain('sample_08849');
    expect(await page.getByRole('row').count()).toBeLessThan(80);
    await grid.evaluate((element) => element.scrollTo({ top: 0 }));
    await rowAt(page, 0).filter({ hasText: 'sample_09999' }).waitFor();
    expect(world.calls.length).toBeGreaterThan(asked);
    expect(complaints).toEqual([]);
  });

  it('keys: one stop for Tab, arrows, pages, ends, ranges, everything, details, preview, back', async () => {
    const { page } = await lab();
    await page.keyboard.press('/');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Search files');
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => focusedName(page)).toContain('sample_09999');
    expect(await page.locator('[role=row][tabindex="0"]').count()).toBe(1);
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => focusedName(page)).toContain('sample_09998');
    await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('Shift+ArrowDown');
    await page.getByText('3 selected').waitFor();
    expect(await page.locator('[role=row][aria-selected=true]').count()).toBe(3);
    await page.keyboard.press('Control+Space');
    await page.getByText('2 selected').waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('[role=row][aria-selected=true]').count()).toBe(0);
    await page.keyboard.press('PageDown');
    await expect.poll(async () => Number(/\d{5}/.exec(await focusedName(page))?.[0])).toBeLessThan(9990);
    await page.keyboard.press('End');
    await expect.poll(async () => Number(/\d{5}/.exec(await focusedName(page))?.[0])).toBeLessThanOrEqual(9900);
    await page.keyboard.press('Home');
    await expect.poll(() => focusedName(page)).toContain('sample_09999');
    await page.keyboard.press('Control+a');
    await page.getByText('10,000 selected').waitFor();
    await expect.poll(() => said(page).textContent()).toContain('10,000 files selected.');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: /sample_09999/ }).waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('tabpanel').count()).toBe(0);
    await page.keyboard.press(' ');
    await page.getByRole('tab', { name: 'Preview', selected: true }).waitFor();
    await page.keyboard.press(' ');
    await expect.poll(() => page.getByRole('tabpanel').count()).toBe(0);
    await expect.poll(() => focusedName(page)).toContain('sample_09999');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => focusedName(page)).toContain('sample_09999');
  });

  it('sorts by what can be sorted, says so, and shows it in aria-sort', async () => {
    const { page } = await lab();
    await page.getByRole('button', { name: 'Size' }).click();
    await expect
      .poll(() => page.getByRole('columnheader', { name: 'Size' }).getAttribute('aria-sort'))
      .toBe('descending');
    await expect.poll(() => rowAt(page, 0).textContent()).toContain('40 MB');
    await page.getByRole('button', { name: 'Size' }).click();
    await expect.poll(() => rowAt(page, 0).textContent()).toContain('0 bytes');
    expect(await page.getByRole('columnheader', { name: 'Added' }).getAttribute('aria-sort')).toBe('none');
    expect(await page.getByRole('columnheader', { name: 'Labels' }).getAttribute('aria-sort')).toBeNull();
  });

  it('search as you type: the newest question wins, however late an older answer comes', async () => {
    const { page, world } = await lab();
    const search = page.getByLabel('Search files');
    const held = Promise.withResolvers<void>();
    world.delays.set('artifacts.list', held.promise);
    await search.fill('sample_0123');
    await expect.poll(() => world.calls.filter((name) => name === 'artifacts.list').length).toBe(2);
    world.delays.delete('artifacts.list');
    await search.fill('microscope tiff 00098');
    await expect.poll(() => page.getByRole('heading', { level: 1 }).textContent()).toContain('1 file found');
    // The old answer comes now, and after it that of the inbox, which is seen in the strip.
    const at = new Date().toISOString();
    world.inbox.push({
      path: '/data/run.fcs',
      storage: 's',
      state: 'waiting',
      reason: 'Still being written',
      since: at,
      next: at,
      relative: '',
      can: [],
      pattern: null,
    });
    held.resolve();
    emit(world, { type: 'inbox', waiting: 1, failed: 0 });
    await page.getByRole('group', { name: 'Waiting files' }).waitFor();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('1 file found');
    expect(await rowAt(page, 0).textContent()).toContain('sample_00098.tiff');
    await search.fill('no such file');
    await page.getByRole('heading', { name: 'No files found' }).waitFor();
    await expect.poll(() => said(page).textContent()).toContain('0 files found.');
    await page.getByRole('button', { name: 'Clear search and filters' }).click();
    await rowAt(page, 0).filter({ hasText: 'sample_09999' }).waitFor();
    expect(await search.inputValue()).toBe('');
  });

  it('chips from what there is, several joined; a wrong filter is explained where it was typed', async () => {
    const { page } = await lab(60, (world) => {
      for (const row of world.artifacts.slice(0, 10)) row.ulabels = ['a "b", c'];
    });
    await page.getByRole('button', { name: 'Type', exact: true }).first().click();
    await page.getByRole('group', { name: 'Filter by type' }).getByLabel('.fcs').check();
    await page.getByRole('group', { name: 'Filter by type' }).getByLabel('.csv').check();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('heading', { level: 1 }).textContent()).toContain('20 files found');
    await page
      .getByRole('button', { name: /^Label/ })
      .first()
      .click();
    await page.getByRole('group', { name: 'Filter by label' }).getByRole('checkbox').first().check();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('heading', { level: 1 }).textContent()).toContain('4 files found');
    await page.getByRole('button', { name: 'Remove filter Type .csv' }).click();
    await expect.poll(() => page.getByRole('heading', { level: 1 }).textContent()).toContain('2 files found');
    await page.getByRole('button', { name: 'Advanced' }).click();
    const field = page.getByLabel('Filter', { exact: true });
    await field.fill('colour=red');
    await page.getByText('“colour=red” is not a filter. Write field=value').waitFor();
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    await field.fill('size__gt=10000');
    await expect.poll(() => page.getByRole('heading', { level: 1 }).textContent()).toContain('1 file found');
  });

  it('Ctrl+A is all files wherever one is on the screen, and in a text all of the text', async () => {
    const { page } = await lab(300);
    await page.getByRole('link', { name: /^Files/ }).focus();
    await page.keyboard.press('Control+a');
    await said(page).getByText('300 files selected').waitFor();
    expect(await page.evaluate(() => getSelection()?.toString())).toBe('');
    expect(await focusedName(page)).toContain('sample_');
    await page.keyboard.press('Escape');
    await page.getByRole('searchbox').fill('sample');
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Backspace');
    expect(await page.getByRole('searchbox').inputValue()).toBe('');
  });

  it('labels: add a new one to several files, undo, remove, undo by key', async () => {
    const { page, world } = await lab(50);
    await page.getByLabel(/^Select .*sample_00049/).check();
    await page.getByLabel(/^Select .*sample_00048/).check();
    await page.getByRole('button', { name: 'Add label…' }).click();
    await page.getByRole('combobox', { name: 'Label' }).waitFor();
    await page.keyboard.type('day 3');
    await page.getByRole('option', { name: 'Create “day 3”' }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('Label “day 3” added to 2 files.').waitFor();
    await rowAt(page, 1).getByText('day 3').waitFor();
    expect(world.artifacts.filter((row) => row.ulabels.includes('day 3'))).toHaveLength(2);
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(() => rowAt(page, 1).getByText('day 3').count()).toBe(0);
    expect(world.artifacts.filter((row) => row.ulabels.includes('day 3'))).toHaveLength(0);
    await rowAt(page, 3).click();
    await page.getByRole('tab', { name: 'Labels' }).click();
    await page.getByRole('option', { name: /control/ }).click();
    await page.getByRole('button', { name: 'Remove label control' }).click();
    await expect.poll(() => world.artifacts[46]?.ulabels).toEqual([]);
    await page.getByText('Label “control” removed from 1 file.').waitFor();
    await page.getByRole('tab', { name: 'Labels' }).focus();
    await page.keyboard.press('Control+z');
    await expect.poll(() => world.artifacts[46]?.ulabels).toEqual(['control']);
  });

  it('labels: a refusal that is told again is told once', async () => {
    const { page, world } = await lab(50);
    const refuse = async (): Promise<void> => {
      failNext(world, 'labels.add', 'refused', 'The registry says no', 'Ask whoever looks after it.');
      await page.getByRole('button', { name: 'Add label…' }).click();
      await page.getByRole('option').first().click();
      await expect.poll(() => world.failures.size).toBe(0);
      await page.keyboard.press('Escape');
    };
    await rowAt(page, 0).getByRole('checkbox').check();
    await refuse();
    await page.locator('.toast.problem').waitFor();
    const first = await page.locator('.toast').elementHandle();
    const most = await page.evaluateHandle(() => {
      const seen = { most: 0 };
      new MutationObserver(() => {
        seen.most = Math.max(seen.most, document.querySelectorAll('.toast').length);
      }).observe(document.body, { childList: true, subtree: true });
      return seen;
    });
    await refuse();
    // It is another one, which stays as long as the first would have stayed.
    await first?.waitForElementState('hidden');
    expect(await most.evaluate((seen) => seen.most)).toBe(1);
  });

  it('labels: Enter takes what was typed, however fast the typing and however late the answer', async () => {
    const { page, world } = await lab(50);
    await page.getByLabel(/^Select .*sample_00049/).check();
    await page.getByRole('button', { name: 'Add label…' }).click();
    await page.getByRole('option', { name: /control/ }).waitFor();
    const held = Promise.withResolvers<void>();
    world.delays.set('labels.list', held.promise);
    await page.keyboard.type('day 3');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.getByRole('listbox', { name: 'Labels' }).getAttribute('aria-busy')).toBe('true');
    expect(world.calls.filter((name) => name === 'labels.add')).toEqual([]);
    held.resolve();
    await page.getByText('Label “day 3” added to 1 file.').waitFor();
    expect(world.artifacts[49]?.ulabels).toContain('day 3');
  });

  it('new files come in at the top; while somebody reads further down nothing moves, and they are counted', async () => {
    const { page, world } = await lab();
    arrive(world, 'flow/new_a.fcs');
    await rowAt(page, 0).filter({ hasText: 'new_a.fcs' }).waitFor();
    const grid = page.getByRole('grid', { name: 'Files' });
    expect(await grid.evaluate((element) => element.scrollTop)).toBe(0);
    for (let round = 0; round < 4; round++) {
      const before = await grid.evaluate((element) => element.scrollHeight);
      await grid.evaluate((element) => element.scrollTo({ top: element.scrollHeight }));
      await expect.poll(() => grid.evaluate((element) => element.scrollHeight)).toBeGreaterThan(before);
    }
    await grid.evaluate((element, top) => element.scrollTo({ top }), 385 * ROW_HEIGHT);
    await rowAt(page, 390).locator('.name').waitFor();
    await page.getByLabel(/sample_09608/).check();
    const top = await rowAt(page, 392).boundingBox();
    const name = await rowAt(page, 392).locator('.name').textContent();
    arrive(world, ...Array.from({ length: 12 }, (_, n) => `flow/later_${String(n)}.fcs`));
    await page.getByRole('button', { name: '12 new – show' }).waitFor();
    const same = page.getByRole('row').filter({ hasText: name ?? '' });
    expect((await same.boundingBox())?.y).toBe(top?.y);
    await page.getByText('1 selected').waitFor();
    // Scrolled back by hand, page by page: no row is missing or doubled where the new ones pushed in.
    const seen = new Set<number>();
    for (;;) {
      const numbers = await page.locator('[role=row][data-index] .name').allTextContents();
      for (const text of numbers) seen.add(Number(/sample_(\d+)/.exec(text)?.[1] ?? 0));
      const at = await grid.evaluate((element) => {
        element.scrollTo({ top: element.scrollTop - 400 });
        return element.scrollTop;
      });
      await expect.poll(() => page.getByText('Loading').count()).toBe(0);
      // Drawn, too.
      await rowAt(page, Math.ceil(at / ROW_HEIGHT))
        .locator('.name')
        .waitFor();
      if (at === 0) break;
    }
    await expect.poll(() => rowAt(page, 0).textContent()).toContain('later_');
    for (let n = 9650; n < 9999; n++) expect(seen, String(n)).toContain(n);
    await grid.evaluate((element) => element.scrollTo({ top: 800 }));
    const inFirstPage = (await rowAt(page, 30).locator('.name').textContent()) ?? '';
    const before = await rowAt(page, 30).boundingBox();
    arrive(world, ...Array.from({ length: 12 }, (_, n) => `flow/last_${String(n)}.fcs`));
    await page.getByRole('button', { name: '12 new – show' }).waitFor();
    expect((await page.getByRole('row').filter({ hasText: inFirstPage }).boundingBox())?.y).toBe(before?.y);
    await page.getByRole('button', { name: '12 new – show' }).click();
    await rowAt(page, 0).filter({ hasText: 'last_' }).waitFor();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('10,025');
  });

  it('what waits is in the strip, with its reason in the list', async () => {
    const { page, world } = await lab(50);
    const at = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString();
    world.inbox.push(
      {
        path: '/data/instruments/run.fcs',
        storage: 's',
        state: 'waiting',
        reason: 'Still being written',
        since: at(-9),
        next: at(20),
        relative: '',
        can: [],
        pattern: null,
      },
      {
        path: '/data/instruments/secret.csv',
        storage: 's',
        state: 'failed',
        reason: 'It can’t be read',
        since: at(-90),
        next: null,
        relative: '',
        can: [],
        pattern: null,
      },
    );
    emit(world, { type: 'inbox', waiting: 1, failed: 1 });
    const strip = page.getByRole('group', { name: 'Waiting files' });
    await strip.getByText('run.fcs, secret.csv').waitFor();
    await strip.getByRole('button', { name: 'Show' }).click();
    const dialog = page.getByRole('dialog', { name: 'Not registered yet' });
    expect(await dialog.getByRole('row').nth(1).textContent()).toMatch(/Waiting.*Still being written.*s ago.*in \d+ s/);
    expect(await dialog.getByRole('row').nth(2).textContent()).toMatch(/Problem.*when it changes/);
  });

  it('details: every tab tells its part; the description is edited in place; another version is opened', async () => {
    const { page, world } = await lab(50, (lab) => {
      const row = lab.artifacts.at(-1);
      if (row === undefined) return;
      lab.older.set(row.uid, [
        { ...row, uid: 'older000000000000000', is_latest: false, created_at: '2026-08-01T08:00:00Z' },
      ]);
      lab.previews.set(row.uid, { kind: 'table', columns: ['well', 'counts'], rows: [['A1', '31']], truncated: true });
      const other = lab.artifacts[3];
      if (other) other.sha256 = row.sha256;
      const base = {
        transaction: 1,
        created_at: row.created_at,
        created_by: 'ada',
        uid: row.uid,
        run: null,
        note: null,
      };
      lab.changes.push(
        {
          ...base,
          id: 2,
          operation: 'edit',
          registry: 'artifact',
          action: 'update',
          before: { description: null },
          after: { description: 'x' },
        },
        { ...base, id: 1, operation: 'watch', registry: 'artifact', action: 'insert', before: null, after: {} },
      );
    });
    await rowAt(page, 0).click();
    await page.getByRole('cell', { name: 'A1' }).waitFor();
    await page.getByText('Only the beginning is shown.').waitFor();
    await page.getByRole('tab', { name: 'Preview' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.getByLabel('Description').fill('Day 3');
    await page.getByRole('button', { name: 'Save description' }).click();
    await expect.poll(() => world.artifacts.at(-1)?.description).toBe('Day 3');
    await page.getByText('Ids and checksums').click();
    await page.getByRole('button', { name: 'Copy SHA-256' }).waitFor();
    await page.getByRole('tab', { name: 'History' }).click();
    await page.getByText('Found in a watched folder and registered').waitFor();
    await page.getByText('Description: nothing → x').waitFor();
    await page.getByRole('tab', { name: 'Where it is' }).click();
    await page.getByText('/data/instruments/sequencer/run 7/sample_00049.csv').waitFor();
    await page.getByRole('button', { name: 'Show it' }).waitFor();
    await page.getByRole('tab', { name: 'Versions' }).click();
    await page.getByRole('button', { name: 'Open version 1' }).click();
    await page.getByText(/^version 1 ·/).waitFor();
  });

  it('adding files: progress, stop, result', async () => {
    const { page, world } = await lab(50);
    const held = Promise.withResolvers<void>();
    world.delays.set('artifacts.save', held.promise);
    const add = async (path: string): Promise<void> => {
      await page.getByRole('button', { name: 'Add files…' }).click();
      await page.getByLabel('Path of each file, one a line').fill(path);
      await page.getByRole('button', { name: 'Add file', exact: true }).click();
    };
    await add('/tmp/a.csv');
    await page.getByText('0 of 4 files').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('Stopped. What was finished before is kept.').waitFor();
    held.resolve();
    await add('/tmp/b.csv');
    await page.getByText('1 file added.').waitFor();
    await rowAt(page, 0).filter({ hasText: 'b.csv' }).waitFor();
    expect(world.artifacts.some((row) => row.key === 'a.csv')).toBe(false);
    changed(world, 'artifact');
  });
});
