/** Upload with its question, and what is on its way: progress, pause, cancel, problems; by mouse and by keys alone. */
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StaticFiles } from '../../../src-main/ports/fs/static-files.ts';
import { TROUBLED, troubledWorld } from '../../renderer/fake-engine/troubled-world.ts';
import {
  BUCKET,
  check,
  cloudWorld,
  fail,
  finish,
  makeTransfer,
  send,
  somebodyMoves,
} from '../../renderer/fake-engine/transfers.ts';
import { emit, failNext, labWorld, type World } from '../../renderer/fake-engine/world.ts';
import { buildWindow, chromiumPath, launchChromium, openWindow, sayIfSkipped, type OpenWindow } from './open-window.ts';

sayIfSkipped();

const uid = (n: number): string => `art${String(n).padStart(13, '0')}0000`;
const rowOf = (page: Page, n: number): Locator => page.locator(`[role=row][data-uid="${uid(n)}"]`);
const said = (page: Page): Locator => page.getByTestId('announcements');

async function go(page: Page, screen: string): Promise<void> {
  await page.getByRole('link', { name: new RegExp(`^${screen}`) }).click();
  await page.getByRole('heading', { level: 1, name: screen }).waitFor();
  expect(await page.getByRole('link', { name: new RegExp(`^${screen}`) }).getAttribute('aria-current')).toBe('page');
}

/** The row of a transfer, by the number of its file. */
function transferRow(page: Page, n: number): Locator {
  return page
    .getByRole('grid', { name: 'Transfers' })
    .getByRole('row', { name: `sample_${String(n).padStart(5, '0')}` });
}

/** One of each: rows 59 in place, 58 Benchkeep's own, 57 linked, 56 there already, 55 missing. */
function mixedWorld(): World {
  const world = cloudWorld();
  const [home] = world.storages;
  const row = (n: number) => world.artifacts[n] ?? expect.fail(`There is no row ${String(n)}`);
  if (home) row(59).copies = [{ storage: home.uid, path: `${home.root}/a.fcs`, verified_at: null }];
  row(58).key_is_virtual = true;
  row(56).copies.push({ storage: 'stor00000007', path: `${BUCKET}/x`, verified_at: '2026-11-01T00:00:00Z' });
  row(55).state = 'missing';
  return world;
}

/** Rows `ns` are queued. */
function queuedWorld(...ns: number[]): World {
  const world = cloudWorld();
  world.transfers = ns.map((n, index) =>
    makeTransfer(index + 1, { uid: uid(n), name: world.artifacts[n]?.key ?? '', total: 100_000_000 }),
  );
  return world;
}

const OFFLINE = {
  code: 'offline',
  message: 'The server of the bucket does not answer',
  remedy: 'Look whether this computer is on the network.',
};

describe.runIf(chromiumPath !== undefined)('transfers', () => {
  let browser: Browser;
  let files: StaticFiles;
  beforeAll(async () => {
    files = await buildWindow();
    browser = await launchChromium();
  }, 60_000);
  afterAll(() => browser.close());

  async function open(world: World): Promise<OpenWindow> {
    const opened = await openWindow({ browser, files }, world);
    await opened.page.locator('[role=row][data-index="0"]').waitFor();
    return opened;
  }

  async function ask(page: Page, ...ns: number[]): Promise<Locator> {
    for (const n of ns) await rowOf(page, n).getByRole('checkbox').check();
    await page.getByRole('toolbar').getByRole('button', { name: 'Upload to cloud' }).click();
    return page.getByRole('dialog', { name: 'Upload to cloud' });
  }

  it('asks what becomes of each kind of copy here, only where it applies, and says what can’t be uploaded', async () => {
    const { page, world, complaints } = await open(mixedWorld());
    const dialog = await ask(page, 59, 58, 57, 56, 55);
    await dialog.getByText('3 items, ').waitFor();
    for (const words of [
      BUCKET,
      'Files in your own folders (1 item): after the cloud copy is verified, your file here is:',
      'Benchkeep’s own copies (1 item): the copy here moves to the cache.',
      'Linked folders (1 item): your file stays where it is.',
      '1 item is in the cloud already and stays as it is.',
      '1 item can’t be uploaded',
      'it can’t be found on this computer',
    ])
      await dialog.getByText(words).waitFor();
    expect(await dialog.getByRole('radio', { name: 'kept' }).isChecked()).toBe(true);
    await dialog.getByLabel('moved to the cache to free space').check();
    expect(world.calls).not.toContain('transfers.upload');
    await dialog.getByRole('button', { name: 'Upload 3 items' }).click();
    await page.getByText('3 items queued for upload. 1 item can’t be uploaded.').waitFor();
    expect(world.transfers.map(({ uid: of, free_up }) => [of, free_up])).toEqual([
      [uid(59), true],
      [uid(58), true],
      [uid(57), true],
    ]);
    await page.getByRole('button', { name: 'Show transfers' }).click();
    await page.getByRole('heading', { level: 1, name: 'Transfers' }).waitFor();
    await transferRow(page, 58).getByText('Upload queued').waitFor();
    expect(await page.getByRole('link', { name: /^Transfers/ }).textContent()).toContain('3');
    expect(complaints).toEqual([]);
  });

  it.each([
    [59, 'After the cloud copy is verified, your file here is:', ['moves to the cache.', 'stays where it is.']],
    [58, 'The copy here moves to the cache.', ['your file here is', 'stays where it is.']],
    [57, 'Your file stays where it is.', ['your file here is', 'moves to the cache.']],
  ] as const)('of one file only its own sentence is said: %i', async (n, words, others) => {
    const { page } = await open(mixedWorld());
    const dialog = await ask(page, n);
    await dialog.getByText(words, { exact: true }).waitFor();
    for (const other of others) expect(await dialog.getByText(other).count()).toBe(0);
  });

  it('what is all in the cloud already can’t be uploaded once more', async () => {
    const { page } = await open(mixedWorld());
    const dialog = await ask(page, 56);
    await dialog.getByText('1 item is in the cloud already and stays as it is.').waitFor();
    expect(await dialog.getByRole('button', { name: /^Upload/ }).count()).toBe(0);
  });

  it('without a bucket one is added on the way, and the upload goes on', async () => {
    const { page, world, complaints } = await open(labWorld(60));
    const dialog = await ask(page, 59);
    await dialog.getByText('There is no bucket yet.').waitFor();
    await dialog.getByRole('button', { name: 'Add a bucket…' }).click();
    const form = page.getByRole('dialog', { name: 'Add a bucket' });
    await form.getByLabel('Bucket', { exact: true }).fill('lab-data');
    await form.getByLabel('Folder in it (optional)').fill('flow');
    await form.getByRole('button', { name: 'Add bucket' }).click();
    await dialog.getByText('1 item, ').waitFor();
    await dialog.getByText('s3://lab-data/flow').waitFor();
    expect(world.storages.find((storage) => storage.default)?.root).toBe('s3://lab-data/flow');
    // Nobody said that new files go to the cloud by themselves from now on.
    expect(world.settings.keep_artifacts_local).toBe(true);
    await dialog.getByRole('button', { name: 'Upload 1 item' }).click();
    await page.getByText('1 item queued for upload.').waitFor();
    expect(complaints).toEqual([]);
  });

  it('where a bucket is there but not the default, it is offered with what that means', async () => {
    const world = cloudWorld();
    for (const storage of world.storages) storage.default = storage.type === 'local' && storage.local;
    const { page } = await open(world);
    const dialog = await ask(page, 59);
    await dialog.getByRole('button', { name: `Upload to ${BUCKET}…` }).click();
    const question = page.getByRole('dialog', { name: 'Make this the default place?' });
    await question.getByText('are uploaded there at once').waitFor();
    await question.getByLabel('Keep new files on this computer').check();
    await question.getByText('stay on this computer, until you upload them').waitFor();
    await question.getByRole('button', { name: 'Make it the default' }).click();
    await dialog.getByRole('button', { name: 'Upload 1 item' }).waitFor();
    expect(world.settings.keep_artifacts_local).toBe(true);
  });

  it('a refusal of the engine is said in the dialog, which stays', async () => {
    const { page, world } = await open(cloudWorld());
    const dialog = await ask(page, 59);
    failNext(world, 'transfers.upload', 'read_only', 'The registry is read-only', 'Open it for writing.');
    await dialog.getByRole('button', { name: 'Upload 1 item' }).click();
    await dialog.getByText('Open it for writing.').waitFor();
    await dialog.getByRole('button', { name: 'Upload 1 item' }).click();
    await page.getByText('1 item queued for upload.').waitFor();
  });

  it('is followed to the end: queued, uploading, checked, verified; in the table and in the list', async () => {
    const { page, world, complaints } = await open(queuedWorld(59));
    await rowOf(page, 59).getByText('Upload queued').waitFor();
    send(world, uid(59), 0.43);
    await rowOf(page, 59).getByText('Uploading 43 %').waitFor();
    await go(page, 'Transfers');
    const row = transferRow(page, 59);
    await row.getByText('43 MB of 100 MB · 12 MB/s · 4 s left').waitFor();
    await page.getByText('1 item to go · 43 MB of 100 MB · 12 MB/s · 4 s left').waitFor();
    expect(await row.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('43');
    check(world, uid(59));
    await row.getByText('Checking the cloud copy').waitFor();
    finish(world, uid(59));
    await row.getByText('In the cloud, verified').waitFor();
    await expect.poll(() => said(page).textContent()).toContain('in the cloud, verified. Nothing else is on its way.');
    await page.getByText('Over 1 item').waitFor();
    await page.getByRole('button', { name: 'Clear list' }).click();
    await page.getByText('Nothing is on its way').waitFor();
    await go(page, 'Files');
    await rowOf(page, 59).getByText('In the cloud, verified').waitFor();
    expect(complaints).toEqual([]);
  });

  it('progress is said by quarters, not by every step', async () => {
    const { page, world } = await open(queuedWorld(59));
    await go(page, 'Transfers');
    await transferRow(page, 59).waitFor();
    send(world, uid(59), 0.26);
    await expect.poll(() => said(page).textContent()).toBe('25 % of all transfers are sent.');
    send(world, uid(59), 0.4);
    await transferRow(page, 59).getByText('Uploading 40 %').waitFor();
    expect(await said(page).textContent()).toBe('25 % of all transfers are sent.');
    send(world, uid(59), 0.55);
    await expect.poll(() => said(page).textContent()).toBe('50 % of all transfers are sent.');
  });

  it('pause, go on, next, cancel: each on its own, and cancelling says what goes', async () => {
    const { page, world } = await open(queuedWorld(59, 58, 57));
    send(world, uid(59), 0.5);
    await go(page, 'Transfers');
    await transferRow(page, 59)
      .getByRole('button', { name: /^Pause/ })
      .click();
    await transferRow(page, 59).getByText('Paused at 50 %').waitFor();
    await page.getByText('3 items to go').getByText('1 paused').waitFor();
    await transferRow(page, 59)
      .getByRole('button', { name: /^Go on/ })
      .click();
    await transferRow(page, 59)
      .getByRole('button', { name: /^Pause/ })
      .waitFor();
    await transferRow(page, 57)
      .getByRole('button', { name: /^Do this next/ })
      .click();
    await expect.poll(() => world.transfers[0]?.uid).toBe(uid(57));
    await transferRow(page, 59)
      .getByRole('button', { name: /^Cancel/ })
      .click();
    const dialog = page.getByRole('dialog', { name: /^Cancel the upload of “sample_00059/ });
    await dialog.getByText('What the cloud got so far (50 MB of 100 MB) is taken away there.').waitFor();
    await dialog.getByText('Your file on this computer stays as it is.').waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Keep going');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(world.calls).not.toContain('transfers.cancel');
    await transferRow(page, 59)
      .getByRole('button', { name: /^Cancel/ })
      .click();
    await dialog.getByRole('button', { name: 'Cancel upload' }).click();
    await transferRow(page, 59).getByText('Cancelled').waitFor();
    expect(world.transfers.map(({ uid: of, state }) => [of, state])).toEqual([
      [uid(57), 'planned'],
      [uid(59), 'cancelled'],
      [uid(58), 'planned'],
    ]);
  });

  it('all at once: pause, go on, try again, cancel', async () => {
    const { page, world } = await open(queuedWorld(59, 58, 57));
    await go(page, 'Transfers');
    await page.getByRole('button', { name: 'Pause all' }).click();
    await expect.poll(() => world.transfers.every(({ paused }) => paused)).toBe(true);
    await page.getByRole('button', { name: 'Go on with all' }).click();
    await expect.poll(() => world.transfers.some(({ paused }) => paused)).toBe(false);
    fail(world, uid(59), OFFLINE, null);
    fail(world, uid(58), OFFLINE, null);
    await page.getByRole('button', { name: 'Try all again now' }).click();
    await expect.poll(() => world.transfers.some(({ error }) => error !== null)).toBe(false);
    await page.getByRole('button', { name: 'Cancel all…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Cancel 3 transfers?' });
    await dialog.getByText('Nothing of it is in the cloud yet.').waitFor();
    await dialog.getByRole('button', { name: 'Cancel 3 transfers' }).click();
    await page.getByText('Over 3 items').waitFor();
  });

  it('a failure is told where the person is, with the reason, what to do, and when it is tried again', async () => {
    const { page, world } = await open(queuedWorld(59, 58));
    await rowOf(page, 59).getByText('Upload queued').waitFor();
    const next = new Date(Date.now() + 3_600_000).toISOString();
    send(world, uid(59), 0.3);
    fail(world, uid(59), OFFLINE, next, 3);
    await page.getByText(/^Problem with sample_00059\S*: The server of the bucket does not answer\.$/).waitFor();
    await page.getByRole('link', { name: 'Transfers needs your attention' }).waitFor();
    await page.getByRole('button', { name: 'Show transfers' }).click();
    const row = transferRow(page, 59);
    await row.getByText('Problem: The server of the bucket does not answer').waitFor();
    await row.getByText('Look whether this computer is on the network.').waitFor();
    await row.getByText(/Waiting to try again at \d\d:\d\d|Waiting to try again at 20/).waitFor();
    await row.getByText('(tried 3 times)').waitFor();
    await row.getByRole('button', { name: /^Try again now/ }).click();
    await row.getByText('Upload queued').waitFor();
    expect(await row.getByText('Problem').count()).toBe(0);
    // The same one failing again is no news.
    await page.locator('.toast').waitFor({ state: 'hidden' });
    await go(page, 'Files');
    fail(world, uid(59), OFFLINE, next, 4);
    await rowOf(page, 59).getByText('Problem:').waitFor();
    expect(await page.locator('.toast').count()).toBe(0);
  });

  it('what no queue runs is shown as it moves, with what can be done about it and nothing else', async () => {
    const world = queuedWorld(59);
    const [saved, fetched] = [world.artifacts[58], world.artifacts[57]];
    if (!saved || !fetched) throw new Error('no such rows');
    somebodyMoves(world, 'save', saved, saved.size / 2);
    somebodyMoves(world, 'cache', fetched, fetched.size / 4);
    const { page } = await open(world);
    await go(page, 'Transfers');
    const buttons = (n: number): Promise<(string | null)[]> =>
      transferRow(page, n)
        .getByRole('button')
        .evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')?.split(':')[0] ?? ''));
    await transferRow(page, 58).getByText('Uploading 50 %').waitFor();
    await transferRow(page, 58).getByText('MB/s').waitFor();
    expect(await buttons(58)).toEqual([]);
    await transferRow(page, 57).getByText('Downloading 25 %').waitFor();
    expect(await buttons(57)).toEqual(['Cancel']);
    expect(await buttons(59)).toEqual(['Pause', 'Cancel']);
    // Keys do what buttons do, and nothing else.
    await transferRow(page, 57).focus();
    await page.keyboard.press('p');
    await page.keyboard.press('r');
    fail(world, uid(57), OFFLINE, null);
    await transferRow(page, 57).getByText('Problem: The server of the bucket does not answer').waitFor();
    expect(await buttons(57)).toEqual(['Try again now', 'Cancel']);
    await page.getByText('2 items to go').waitFor();
    await transferRow(page, 57).focus();
    await page.keyboard.press('p');
    await page.keyboard.press('n');
    expect(world.calls.filter((call) => /^(transfers\.(pause|retry|first)|artifacts\.cache)$/.test(call))).toEqual([]);
    await page.keyboard.press('Delete');
    await page.getByRole('dialog').getByText('What came so far is taken away.').waitFor();
  });

  /** Rows `ns` are only in the cloud, and their downloads broke off. */
  function brokenDownloads(...ns: number[]): World {
    const world = mixedWorld();
    for (const n of ns) {
      const row = world.artifacts[n] ?? expect.fail(`There is no row ${String(n)}`);
      row.copies = [{ storage: 'stor00000007', path: `${BUCKET}/${String(n)}`, verified_at: '2026-11-01T00:00:00Z' }];
      somebodyMoves(world, 'cache', row, row.size / 4);
      fail(world, uid(n), OFFLINE, null);
    }
    return world;
  }
  /** The details of a row, at where its copies are. */
  async function whereIs(page: Page, index: number): Promise<Locator> {
    await rowOf(page, index).click();
    await page.getByRole('tab', { name: 'Where it is' }).click();
    return page.getByRole('tabpanel', { name: 'Where it is' });
  }
  /** Row 59 was to be brought back, and the store could not be reached. */
  async function bringBackBroken(): Promise<{ page: Page; world: World }> {
    const world = brokenDownloads(59);
    failNext(world, 'artifacts.bringBack', 'offline', OFFLINE.message, OFFLINE.remedy);
    const { page } = await open(world);
    const panel = await whereIs(page, 59);
    await panel.getByRole('button', { name: 'Keep a copy on this computer' }).click();
    await page.getByText('Look whether this computer is on the network.').waitFor();
    return { page, world };
  }
  const times = (world: World, procedure: string): number => world.calls.filter((call) => call === procedure).length;

  it('a download that failed is tried again, by button and by key: a copy for the cache', async () => {
    const { page, world, complaints } = await open(brokenDownloads(59, 58));
    await go(page, 'Transfers');
    await transferRow(page, 59)
      .getByRole('button', { name: /^Try again now/ })
      .click();
    await transferRow(page, 59).getByText('On this computer, verified').waitFor();
    await page.getByText('The copy is here: ').waitFor();
    // It fails once more: the reason is said where it was asked for, with the same button.
    failNext(world, 'artifacts.cache', 'offline', OFFLINE.message, OFFLINE.remedy);
    await transferRow(page, 58).focus();
    await page.keyboard.press('r');
    const work = page.getByRole('region', { name: 'Work in progress' });
    await work.getByText('Look whether this computer is on the network.').waitFor();
    await work.getByRole('button', { name: 'Try again now' }).click();
    await transferRow(page, 58).getByText('On this computer, verified').waitFor();
    expect(times(world, 'artifacts.cache')).toBe(3);
    expect(times(world, 'transfers.retry')).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('what was to be brought back is brought back by trying again, not only fetched', async () => {
    const { page, world } = await bringBackBroken();
    await go(page, 'Transfers');
    await transferRow(page, 59)
      .getByRole('button', { name: /^Try again now/ })
      .click();
    await page.getByText('1 item back on this computer, verified.').waitFor();
    // In the place of what failed.
    expect(await page.getByRole('region', { name: 'Work in progress' }).getByRole('status').count()).toBe(1);
    expect(world.artifacts[59]?.copies.map(({ storage }) => storage)).toContain(
      world.storages.find(({ local }) => local)?.uid,
    );
    expect(times(world, 'artifacts.cache')).toBe(0);
  });

  it.each(['Try again now', 'Try all again now'])(
    '%s: what was to be brought back once is not, where somebody else asked for a copy since',
    async (button) => {
      const { page, world } = await bringBackBroken();
      // That one is over, and the one of somebody else broke off, too.
      Object.assign(world.transfers[0] ?? {}, { id: 7, created_at: new Date(Date.now() + 60_000).toISOString() });
      emit(world, { type: 'transfers' });
      await go(page, 'Transfers');
      const at = button === 'Try again now' ? transferRow(page, 59) : page;
      await at.getByRole('button', { name: new RegExp(`^${button}`) }).click();
      await transferRow(page, 59).getByText('On this computer, verified').waitFor();
      expect([times(world, 'artifacts.cache'), times(world, 'artifacts.bringBack')]).toEqual([1, 1]);
    },
  );

  it('one that nobody waits for any more goes on when it is let; all that failed are tried again at once', async () => {
    const world = brokenDownloads(59, 58, 57);
    Object.assign(world.transfers[0] ?? {}, { error: null });
    const { page } = await open(world);
    await go(page, 'Transfers');
    await transferRow(page, 59).getByText('Stopped').waitFor();
    await page.getByRole('button', { name: 'Try all again now' }).click();
    for (const n of [58, 57]) await transferRow(page, n).getByText('On this computer, verified').waitFor();
    expect(times(world, 'artifacts.cache')).toBe(2);
    await transferRow(page, 59).getByText('Stopped').waitFor();
    await transferRow(page, 59)
      .getByRole('button', { name: /^Go on/ })
      .click();
    await transferRow(page, 59).getByText('On this computer, verified').waitFor();
    expect(times(world, 'transfers.resume')).toBe(0);
  });

  it('after signing in, downloads that waited for it go on as uploads do', async () => {
    const world = brokenDownloads(59);
    fail(world, uid(59), { code: 'not_signed_in', message: 'The sign-in has run out', remedy: 'x' }, null);
    const { page } = await open(world);
    await go(page, 'Transfers');
    await transferRow(page, 59)
      .getByRole('button', { name: /^Sign in/ })
      .click();
    const dialog = page.getByRole('dialog', { name: /^Sign in/ });
    await dialog.getByLabel('Access key', { exact: true }).fill('AKIAEXAMPLE');
    await dialog.getByLabel('Secret key', { exact: true }).fill('secret');
    await dialog.getByRole('button', { name: /^Sign in/ }).click();
    await transferRow(page, 59).getByText('On this computer, verified').waitFor();
  });

  it('what is verified, but not at its end, can still be signed in for and tried again', async () => {
    const { page, world } = await open(queuedWorld(59));
    send(world, uid(59), 1);
    const [transfer] = world.transfers;
    Object.assign(transfer ?? {}, { state: 'recorded' });
    fail(world, uid(59), { code: 'not_signed_in', message: 'The sign-in has run out', remedy: 'x' }, null);
    await go(page, 'Transfers');
    const row = transferRow(page, 59);
    await row.getByRole('button', { name: /^Sign in/ }).waitFor();
    expect(await row.getByRole('button', { name: /^(Pause|Cancel|Do this next)/ }).count()).toBe(0);
    await row.getByRole('button', { name: /^Try again now/ }).click();
    await expect.poll(() => world.calls).toContain('transfers.retry');
  });

  it('outside of its hours an upload says so', async () => {
    const world = queuedWorld(59);
    Object.assign(world.transfers[0] ?? {}, { waits_for: 'Uploads run only from 20:00 to 06:00.' });
    const { page } = await open(world);
    await go(page, 'Transfers');
    await transferRow(page, 59).getByText('Uploads run only from 20:00 to 06:00.').waitFor();
  });

  it('by keyboard alone: upload, watch, pause, next, retry, cancel, clear', async () => {
    const { page, world } = await open(cloudWorld());
    await rowOf(page, 59).focus();
    await page.keyboard.press('Control+Space');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Control+Space');
    await page.keyboard.press('Control+u');
    const dialog = page.getByRole('dialog', { name: 'Upload to cloud' });
    await dialog.getByRole('button', { name: 'Upload 2 items' }).waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Upload 2 items');
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'hidden' });
    await expect.poll(() => world.transfers.length).toBe(2);
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('data-uid'))).toBe(uid(58));
    await page.getByRole('link', { name: /^Transfers/ }).focus();
    await page.keyboard.press('Enter');
    await transferRow(page, 59).waitFor();
    // Into the grid: its first row.
    await page.getByRole('button', { name: 'Cancel all…' }).focus();
    await page.keyboard.press('Tab');
    const focused = (): Promise<string | null | undefined> =>
      page.evaluate(() => document.activeElement?.closest('[data-index]')?.getAttribute('data-index'));
    expect(await focused()).toBe('0');
    await page.keyboard.press('p');
    await transferRow(page, 59).getByText('Paused').waitFor();
    expect(await focused()).toBe('0');
    await page.keyboard.press('p');
    await transferRow(page, 59).getByText('Upload queued').waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('n');
    await expect.poll(() => world.transfers[0]?.uid).toBe(uid(58));
    // The focus goes along with its transfer.
    await expect.poll(focused).toBe('0');
    fail(world, uid(58), OFFLINE, null);
    await transferRow(page, 58).getByText('Problem').waitFor();
    // Its buttons are the next stops of Tab; a button that goes gives the focus back to its row.
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toMatch(/^Try again now/);
    await page.keyboard.press('Enter');
    await transferRow(page, 58).getByText('Upload queued').waitFor();
    await expect.poll(focused).toBe('0');
    await page.keyboard.press('Home');
    await page.keyboard.press('Delete');
    await page.getByRole('dialog', { name: /^Cancel the upload/ }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await transferRow(page, 58).getByText('Cancelled').waitFor();
    await expect.poll(focused).toBeDefined();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect.poll(() => world.transfers.length).toBe(1);
  });

  it('10,000 that are over, and as many on their way, are drawn only as far as they are in view', async () => {
    const world = cloudWorld();
    world.transfers = Array.from({ length: 20_000 }, (_, n) =>
      makeTransfer(n + 1, n % 2 === 0 ? {} : { state: 'done', sent: 40_000_000 }),
    );
    const { page } = await open(world);
    await go(page, 'Transfers');
    await page.getByText('10,000 items to go').waitFor();
    await page.getByRole('button', { name: 'Show all' }).click();
    const grid = page.getByRole('grid', { name: 'Transfers' });
    await expect.poll(() => grid.getAttribute('aria-rowcount')).toBe('20002');
    await grid.locator('[data-index="0"]').focus();
    await page.keyboard.press('End');
    await grid.locator('[data-index="20000"]').getByText('In the cloud, verified').waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('data-index'))).toBe('20000');
    expect(await grid.getByRole('row').count()).toBeLessThan(60);
    // What moves meanwhile does not take the reader away from where the reader is.
    const [row] = world.transfers;
    if (row) Object.assign(row, { state: 'sending', busy: true, sent: 10_000_000 });
    emit(world, { type: 'transfers' });
    await page.getByText('10 MB of 400 GB').waitFor();
    expect(await page.evaluate(() => document.activeElement?.getAttribute('data-index'))).toBe('20000');
  });

  it('where it is: each place with its date; free up asks, bring back and a copy are one click', async () => {
    const { page, world } = await open(mixedWorld());
    const row = world.artifacts[59];
    row?.copies.push({ storage: 'stor00000007', path: `${BUCKET}/y`, verified_at: '2026-11-01T00:00:00Z' });
    const panel = await whereIs(page, 59);
    await panel.getByText('In the cloud: Bucket of the lab').waitFor();
    await panel.getByText(/^Verified 2026-1/).waitFor();
    await panel.getByText('Not verified yet').waitFor();
    await panel.getByRole('button', { name: 'Free up space here…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Free up space here?' });
    await dialog.getByText('goes from this computer and stays in the cloud').waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Cancel');
    expect(world.calls).not.toContain('artifacts.free');
    await dialog.getByRole('button', { name: /^Free up/ }).click();
    await page.getByText('1 item is only in the cloud now.').waitFor();
    await rowOf(page, 59).getByText('Only in the cloud').waitFor();
    await panel.getByRole('button', { name: 'Get a copy here' }).click();
    await panel.getByText('In the cache of this computer').waitFor();
    await panel.getByRole('button', { name: 'Bring back' }).click();
    await panel.getByText('On bench-pc: benchkeep').waitFor();
    await rowOf(page, 59).getByText('In the cloud, verified').waitFor();
  });

  it('what never was here is not brought back: a copy is put where copies go, of a run folder, too', async () => {
    const world = mixedWorld();
    const cloud = [{ storage: 'stor00000007', path: `${BUCKET}/y`, verified_at: '2026-11-01T00:00:00Z' }];
    Object.assign(world.artifacts[59] ?? {}, { copies: cloud });
    Object.assign(world.artifacts[58] ?? {}, { copies: cloud, n_files: 12, key_is_virtual: false });
    const { page } = await open(world);
    const panel = await whereIs(page, 59);
    await panel.getByRole('button', { name: 'Keep a copy on this computer' }).waitFor();
    await panel.getByText('Puts a copy into benchkeep, where it stays.').waitFor();
    expect(await panel.getByText('before space was freed').count()).toBe(0);
    await rowOf(page, 58).click();
    await panel.getByRole('button', { name: 'Get a copy here' }).waitFor();
    await panel.getByRole('button', { name: 'Keep a copy on this computer' }).waitFor();
  });

  it('what the cache alone has, because it was overwritten in the cloud, gets a place where it stays', async () => {
    const world = mixedWorld();
    const cache = [{ storage: null, path: '/home/lab/cache/y.fcs', verified_at: '2026-11-01T00:00:00Z' }];
    Object.assign(world.artifacts[59] ?? {}, { copies: cache, state: 'missing', state_reason: 'overwritten' });
    const { page } = await open(world);
    const panel = await whereIs(page, 59);
    await panel.getByRole('button', { name: 'Bring back' }).waitFor();
    await panel.getByText('The cache has the only copy. Puts it into benchkeep, where it stays.').waitFor();
    expect(await panel.getByRole('button', { name: 'Free up space here…' }).count()).toBe(0);
  });

  it('of more than are read at once, those in view are known to wait, too', async () => {
    const world = cloudWorld(60);
    world.transfers = Array.from({ length: 1200 }, (_, index) =>
      makeTransfer(index + 1, { uid: index < 1100 ? `none${String(index)}` : uid(index - 1100) }),
    );
    const { page } = await open(world);
    await rowOf(page, 59).getByText('Upload queued').waitFor();
    world.transfers = world.transfers.filter((transfer) => transfer.uid !== uid(59));
    emit(world, { type: 'transfers' });
    await rowOf(page, 59).getByText('Upload queued').waitFor({ state: 'detached' });
    await rowOf(page, 58).getByText('Upload queued').waitFor();
  });

  it('free up on a selection says what stays, and why', async () => {
    const { page, world } = await open(mixedWorld());
    world.artifacts[58]?.copies.push({
      storage: 'stor00000007',
      path: `${BUCKET}/z`,
      verified_at: '2026-11-01T00:00:00Z',
    });
    for (const n of [57, 56]) await rowOf(page, n).getByRole('checkbox').check();
    await page.getByRole('toolbar').getByRole('button', { name: 'Free up space here' }).click();
    const dialog = page.getByRole('dialog', { name: 'Free up space here?' });
    await dialog.getByText('There is nothing to free').waitFor();
    await dialog.getByText('2 items stay here').waitFor();
    await dialog.getByText('it lies in a linked folder, which is never changed').waitFor();
    expect(await dialog.getByRole('button', { name: /^Free up/ }).count()).toBe(0);
  });

  it('one file from its details, also one that is in trouble: the dialog says why not', async () => {
    const world = troubledWorld();
    for (const storage of world.storages) storage.default = false;
    world.storages.push(...cloudWorld(1).storages.filter(({ type }) => type === 's3'));
    const { page } = await open(world);
    await rowOf(page, TROUBLED.missing).click();
    await page.getByRole('button', { name: 'Close details' }).waitFor();
    await page.keyboard.press('Control+u');
    const dialog = page.getByRole('dialog', { name: 'Upload to cloud' });
    await dialog.getByText('1 item can’t be uploaded').waitFor();
    await page.keyboard.press('Escape');
    await rowOf(page, 55).click();
    await page.locator('.panel').getByRole('button', { name: 'Upload to cloud…' }).click();
    await dialog.getByRole('button', { name: 'Upload 1 item' }).click();
    await rowOf(page, 55).getByText('Upload queued').waitFor();
  });
});
