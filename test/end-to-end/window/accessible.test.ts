/** WCAG 2.2 AA as far as axe can tell, on every screen, light and dark; targets; motion; forced colours. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StaticFiles } from '../../../src-main/ports/fs/static-files.ts';
import { freshWorld, labWorld, makeFolder, type World } from '../../renderer/fake-engine/world.ts';
import { TROUBLED, troubledWorld } from '../../renderer/fake-engine/troubled-world.ts';
import { cloudWorld, makeTransfer } from '../../renderer/fake-engine/transfers.ts';
import { makeStorage } from '../../renderer/fake-engine/records.ts';
import { buildWindow, chromiumPath, launchChromium, openWindow, sayIfSkipped } from './open-window.ts';

sayIfSkipped();

/** A colour on its way to another one is neither of them. */
const LIGHT = { reducedMotion: 'reduce', colorScheme: 'light' } as const;

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResult {
  violations: { id: string; impact: string | null; nodes: { html: string; failureSummary?: string }[] }[];
}

const EVERYTHING = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** What another theme may change. */
const COLOURS = ['color-contrast', 'link-in-text-block'];

/** One line for each violation; axe runs in the page by the debugger, which the content policy does not bind. */
async function problems(page: Page, runOnly = EVERYTHING): Promise<string[]> {
  await page.evaluate(axe);
  const result = await page.evaluate(
    (only) =>
      (window as unknown as { axe: { run: (options: unknown) => Promise<AxeResult> } }).axe.run({ runOnly: only }),
    runOnly,
  );
  return result.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary ?? ''}`));
}

/** The page has its new colours: all of it is drawn again by then. */
function drawn(page: Page): Promise<unknown> {
  return page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve)))),
  );
}

/** Buttons, links and fields smaller than 24 px either way. */
function smallTargets(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('button, a[href], summary, select, input:not([type=checkbox], [type=radio])')]
      .filter((element) => element.checkVisibility({ visibilityProperty: true }))
      .map((element) => ({ element, box: element.getBoundingClientRect() }))
      .filter(({ box }) => box.width < 24 || box.height < 24)
      .map(({ element, box }) => `${element.outerHTML.slice(0, 120)} ${String(box.width)}x${String(box.height)}`),
  );
}

function busyWorld(): World {
  const world = labWorld(300);
  const states = ['ok', 'missing', 'changed', 'offline', 'unverified'] as const;
  world.artifacts.forEach((row, n) => {
    row.state = states[n % states.length] ?? 'ok';
    if (n % 3 === 0) row.ulabels = ['IFNG', 'control', 'to check'];
    world.previews.set(row.uid, { kind: 'table', columns: ['well', 'counts'], rows: [['A1', '31']], truncated: true });
  });
  world.inbox = [
    {
      path: '/data/run.fcs',
      storage: 's',
      state: 'waiting',
      reason: 'Still being written',
      since: '2026-11-01T00:00:00Z',
      next: null,
      relative: '',
      can: [],
      pattern: null,
    },
    {
      path: '/data/x.fcs',
      storage: 's',
      state: 'failed',
      reason: 'It can’t be read',
      since: '2026-11-01T00:00:00Z',
      next: null,
      relative: '',
      can: [],
      pattern: null,
    },
  ];
  const nas = makeStorage(3, { root: '/mnt/Sequencer-NAS', managed: false, watch: true });
  world.storages.push(nas);
  world.folders.push(makeFolder(nas, { health: 'offline', n_waiting: 2, n_failed: 1, n_skipped: 3 }));
  return world;
}

describe.runIf(chromiumPath !== undefined)('accessible', () => {
  let browser: Browser;
  let files: StaticFiles;
  beforeAll(async () => {
    files = await buildWindow();
    browser = await launchChromium();
  }, 60_000);
  afterAll(() => browser.close());

  async function check(page: Page, where: string): Promise<void> {
    expect(await problems(page), where).toEqual([]);
    expect(await smallTargets(page), where).toEqual([]);
    // The same page, not one that was made dark from its beginning.
    await page.emulateMedia({ colorScheme: 'dark' });
    await drawn(page);
    expect(await problems(page, COLOURS), `${where}, dark`).toEqual([]);
    await page.emulateMedia({ colorScheme: 'light' });
    await drawn(page);
  }

  it('control: axe sees a button without a name, and what can’t be read in the dark only', async () => {
    const { page } = await openWindow({ browser, files }, freshWorld());
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.evaluate(() => document.querySelector('main')?.append(document.createElement('button')));
    expect((await problems(page)).join('\n')).toContain('button-name');
    expect(await smallTargets(page)).toHaveLength(1);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.evaluate(() => {
      const text = document.createElement('p');
      text.textContent = 'Only in the dark';
      Object.assign(text.style, { color: 'light-dark(#000, #333)', backgroundColor: 'light-dark(#fff, #222)' });
      document.querySelector('main')?.append(text);
    });
    expect(await problems(page, COLOURS)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect((await problems(page, COLOURS)).join('\n')).toContain('Only in the dark');
  });

  it('every screen, light and dark', { timeout: 120_000 }, async () => {
    const first = await openWindow({ browser, files }, freshWorld(), LIGHT);
    await first.page.getByRole('heading', { level: 1 }).waitFor();
    await check(first.page, 'first run');
    await first.page.getByRole('button', { name: 'Begin in a bucket…' }).click();
    const bucket = first.page.getByRole('dialog', { name: 'Begin in a bucket' });
    await bucket.getByLabel('Bucket', { exact: true }).fill('lab-data');
    await bucket.getByRole('button', { name: 'Test connection' }).click();
    await bucket.getByText('All is well').waitFor();
    await check(first.page, 'first bucket');
    await first.page.keyboard.press('Escape');
    await first.page.getByRole('button', { name: 'Choose a folder…' }).click();
    await first.page.getByRole('option', { name: 'instruments' }).waitFor();
    await check(first.page, 'folder picker');
    await first.page.getByRole('button', { name: 'Choose this folder' }).click();
    await first.page.getByRole('region').getByText('Found 287 files').waitFor();
    await check(first.page, 'survey');

    const { page } = await openWindow({ browser, files }, busyWorld(), LIGHT);
    await page.locator('[role=row][data-index="0"] .name').click();
    await page.getByRole('cell', { name: 'A1' }).waitFor();
    await page.getByLabel(/^Select .*sample_00298/).check();
    await check(page, 'files with preview');
    for (const tab of ['Details', 'Labels', 'Versions', 'History', 'Where it is']) {
      await page.getByRole('tab', { name: tab }).click();
      await page.getByRole('tabpanel', { name: tab }).locator(':scope > *').first().waitFor();
      await check(page, tab);
    }
    await page.getByRole('button', { name: 'Advanced' }).click();
    await page.locator('.facet').getByRole('button', { name: 'State' }).click();
    await check(page, 'facet menu');
    await page.keyboard.press('Escape');
    for (const [button, dialog] of [
      ['Add label…', 'Add a label to 1 file'],
      ['Add files…', 'Add files'],
      ['Show', 'Not registered yet'],
      ['Help ?', 'Keyboard shortcuts'],
    ] as const) {
      await page.getByRole('button', { name: button, exact: true }).click();
      await page.getByRole('dialog', { name: dialog }).waitFor();
      await check(page, dialog);
      await page.keyboard.press('Escape');
    }
    for (const screen of ['Folders we watch', 'Storage places', 'Labels & terms', 'Settings']) {
      await page.getByRole('link', { name: new RegExp(`^${screen}`) }).click();
      await page.getByRole('heading', { level: 1, name: screen }).waitFor();
      await expect.poll(() => page.locator('.card, tbody tr').count()).toBeGreaterThan(1);
      await check(page, screen);
    }
    await page.getByRole('button', { name: 'Delete registry…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete this registry?' });
    await dialog.getByText('a file/folder remains here').waitFor();
    await check(page, 'delete registry');
    await dialog.getByRole('button', { name: 'Delete registry' }).click();
    await page.getByRole('heading', { name: /is deleted$/ }).waitFor();
    await check(page, 'deleted');
  });

  it('where something went wrong, light and dark', { timeout: 120_000 }, async () => {
    const { page } = await openWindow({ browser, files }, troubledWorld(), LIGHT);
    for (const n of [TROUBLED.missing, TROUBLED.overwritten, TROUBLED.changed, TROUBLED.offline]) {
      await page.locator(`[role=row][data-uid$="${String(n).padStart(9, '0')}0000"]`).click();
      await page.locator('.note[role=group]').waitFor();
      await check(page, `row ${String(n)}`);
    }
    await page.locator('.note[role=group]').waitFor();
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await page.getByRole('button', { name: 'Ignore such names… run.lock' }).click();
    await check(page, 'inbox');
    await page.keyboard.press('Escape');
    for (const [screen, opens, dialog] of [
      ['Trash', 'Empty Trash…', /for good/],
      ['History', null, null],
      ['Folders we watch', 'What is kept of Instruments', /What is kept/],
      ['Settings', /^Go back to/, /Go back/],
    ] as const) {
      await page.getByRole('link', { name: new RegExp(`^${screen}`) }).click();
      await page.getByRole('heading', { level: 1, name: screen }).waitFor();
      await check(page, screen);
      if (opens === null) continue;
      await page.getByRole('button', { name: opens }).first().click();
      await page.getByRole('dialog', { name: dialog }).waitFor();
      await check(page, `dialog of ${screen}`);
      await page.keyboard.press('Escape');
    }
  });

  it('what is on its way to the cloud, light and dark', { timeout: 120_000 }, async () => {
    const world = cloudWorld();
    const error = { code: 'offline', message: 'The server does not answer', remedy: 'Look at the network.' };
    const states = [
      { state: 'sending', busy: true, sent: 12e6, rate: 1e6 },
      { state: 'completing', busy: true },
      { paused: true, sent: 9e6 },
      { error, next: '2026-11-21T10:00:00.000Z', attempts: 2 },
      { waits_for: 'Uploads run only from 20:00 to 06:00.' },
      { state: 'done', sent: 40e6 },
      { state: 'cancelled' },
      { state: 'cancelled', error },
    ] as const;
    world.transfers = states.map((changes, n) =>
      makeTransfer(n + 1, { ...changes, uid: world.artifacts[59 - n]?.uid ?? '', n_files: n === 0 ? 12 : null }),
    );
    const bucket = world.storages.find(({ type }) => type === 's3');
    Object.assign(bucket ?? {}, {
      endpoint: 'https://store.example.org',
      sign_in: { by: 'keys', name: null, kept: 'session' },
      warning: 'This store replaces objects.',
    });
    Object.assign(world.instance ?? {}, {
      cache: { n_files: 2, size: 1e9, limit: 5e10 },
      published: {
        root: 's3://lab-data/flow',
        at: '2026-11-01T00:00:00Z',
        last_change: 1,
        unpublished: 2,
        holds: true,
        diverged: true,
        problem: 'The store did not answer.',
        moves: true,
      },
    });
    const [cloudy] = world.artifacts.slice(50);
    cloudy?.copies.push({
      storage: 'stor00000007',
      path: 's3://lab-data/flow/x',
      verified_at: '2026-11-01T00:00:00Z',
    });
    const { page } = await openWindow({ browser, files }, world, LIGHT);
    await page.locator(`[role=row][data-uid="${cloudy?.uid ?? ''}"]`).click();
    await page.getByRole('tab', { name: 'Where it is' }).click();
    await page.getByText('In the cloud: Bucket of the lab').waitFor();
    await check(page, 'where it is');
    await page.getByRole('button', { name: 'Free up space here…' }).click();
    await page.getByRole('dialog', { name: 'Free up space here?' }).getByText('never changed').waitFor();
    await check(page, 'free up');
    await page.keyboard.press('Escape');
    await page.getByLabel(/^Select .*sample_00048/).check();
    await page.keyboard.press('Control+u');
    await page.getByRole('button', { name: 'Upload 1 item' }).waitFor();
    await check(page, 'upload');
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: /^Transfers/ }).click();
    await page.getByRole('heading', { name: 'Over' }).waitFor();
    await check(page, 'transfers');
    await page.getByRole('button', { name: 'Cancel all…' }).click();
    await page.getByRole('dialog').waitFor();
    await check(page, 'cancel');
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: /^Storage places/ }).click();
    await page.getByRole('button', { name: /^Make .* the default$/ }).click();
    await page.getByRole('dialog', { name: 'Make this the default place?' }).waitFor();
    await check(page, 'default place');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Add a bucket…' }).click();
    const form = page.getByRole('dialog', { name: 'Add a bucket' });
    await form.getByLabel('Another S3 store').check();
    await form.getByLabel('Bucket', { exact: true }).fill('X');
    await form.getByLabel('Address of the server').fill('https://store.example.org');
    await form.getByText('Small letters').waitFor();
    await form.getByLabel('Make it the default place').check();
    await form.getByLabel('With an access key').check();
    await check(page, 'bucket');
    await form.getByLabel('With what is set up on it').check();
    await form.getByLabel('Bucket', { exact: true }).fill('lab-data');
    await form.getByRole('button', { name: 'Test connection' }).click();
    await form.getByText('All is well').waitFor();
    await check(page, 'tested bucket');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Sign in to Bucket of the lab' }).click();
    await page.getByRole('dialog', { name: 'Sign in to the bucket' }).waitFor();
    await check(page, 'sign in');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Sign out of Bucket of the lab' }).click();
    await page.getByRole('dialog', { name: 'Sign out of the bucket?' }).waitFor();
    await check(page, 'sign out');
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: /^Settings/ }).click();
    await page.getByRole('region', { name: 'Uploads and copies' }).waitFor();
    await page.getByRole('button', { name: 'Go on with the published one…' }).click();
    await page.getByRole('dialog', { name: 'Go on with the published registry?' }).waitFor();
    await check(page, 'take the published registry');
    await page.keyboard.press('Escape');
    await check(page, 'settings');
    world.transfers = [];
    await page.reload();
    await page.getByRole('link', { name: /^Transfers/ }).click();
    await page.getByText('Nothing is on its way').waitFor();
    await check(page, 'no transfers');
  });

  it('nothing moves where motion is unwanted; forced colours still show what is selected', async () => {
    const { page } = await openWindow({ browser, files }, busyWorld(), {
      forcedColors: 'active',
      reducedMotion: 'reduce',
    });
    await page.getByLabel(/^Select .*sample_00298/).check();
    const row = page.getByRole('row', { selected: true });
    expect(await row.evaluate((element) => getComputedStyle(element).outlineStyle)).toBe('solid');
    const moving = await page.evaluate(
      () =>
        [...document.querySelectorAll('*')].filter((element) => {
          const style = getComputedStyle(element);
          return [...style.animationDuration.split(','), ...style.transitionDuration.split(',')].some(
            (time) => parseFloat(time) > 0.01,
          );
        }).length,
    );
    expect(moving).toBe(0);
  });
});
