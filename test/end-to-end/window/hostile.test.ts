/** S-04: names, labels, descriptions and errors that try to be markup stay text in every view. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StaticFiles } from '../../../src-main/ports/fs/static-files.ts';
import { makeArtifact, makeLabel, makeStorage } from '../../renderer/fake-engine/records.ts';
import { makeTransfer } from '../../renderer/fake-engine/transfers.ts';
import { emit, failNext, labWorld, makeFolder, type World } from '../../renderer/fake-engine/world.ts';
import { buildWindow, chromiumPath, launchChromium, openWindow, sayIfSkipped } from './open-window.ts';

sayIfSkipped();

const HOSTILE = [
  '<script>window.__xss=1</script>',
  '<img src=x onerror="window.__xss=2">',
  '"><svg/onload=window.__xss=3>',
  "'-window.__xss=4-'",
  'javascript:window.__xss=5',
  '{window.__xss=6}',
  '{@html "<img src=x onerror=window.__xss=7>"}',
  '${window.__xss=8}',
  '</title><iframe srcdoc="<script>parent.__xss=9</script>">',
  '<style>*{display:none}</style>',
  '<a href="javascript:window.__xss=10">click</a>',
  'line\nbreak\ttab',
  'turned\u202Egpj.exe',
  'caf\u0065\u0301 \u{1F9EC}',
  '__proto__',
  'x'.repeat(255),
];

function hostileWorld(): World {
  const world = labWorld(0);
  const place = makeStorage(5, {
    root: `/data/${HOSTILE[1] ?? ''}`,
    description: HOSTILE[0] ?? '',
    region: HOSTILE[2] ?? '',
    managed: false,
    watch: true,
  });
  world.storages.push(place);
  world.folders = [
    makeFolder(place, { health: 'partly watched', health_reason: HOSTILE[1] ?? '' }),
    makeFolder(makeStorage(6, { root: `/data/${HOSTILE[3] ?? ''}` }), { health: 'offline' }),
  ];
  world.labels = HOSTILE.map((name) =>
    makeLabel(name.slice(0, 200), { type: HOSTILE[1] ?? '', description: HOSTILE[2] ?? '' }),
  );
  world.artifacts = HOSTILE.map((name, n) =>
    makeArtifact(n, place, {
      key: `${name}/${name}`,
      description: name,
      suffix: `.${name.slice(0, 40)}`,
      ulabels: [name.slice(0, 200), HOSTILE[1] ?? ''].filter((label, at, all) => all.indexOf(label) === at),
      state: n % 2 === 0 ? 'ok' : 'missing',
      state_reason: name,
      created_by: name,
      kind: null,
    }),
  );
  for (const row of world.artifacts) {
    world.previews.set(row.uid, { kind: 'table', columns: HOSTILE, rows: [HOSTILE], truncated: false });
    world.older.set(row.uid, [
      {
        ...row,
        uid: `old${row.uid.slice(3)}`,
        version: row.description?.slice(0, 60) ?? null,
        is_latest: false,
        created_at: '2026-01-01T00:00:00Z',
      },
    ]);
    world.changes.push({
      id: world.changes.length + 1,
      transaction: 1,
      created_at: row.created_at,
      created_by: row.created_by,
      operation: row.created_by,
      registry: 'artifact',
      uid: row.uid,
      action: 'update',
      before: { description: HOSTILE[0], [HOSTILE[1] ?? '']: 1 },
      after: { description: row.description, [HOSTILE[1] ?? '']: HOSTILE[2] },
      run: null,
      note: HOSTILE[0] ?? null,
    });
  }
  world.inbox = HOSTILE.map((name) => ({
    path: `/data/${name}`,
    storage: 's',
    state: 'failed',
    reason: name,
    since: '2026-11-01T00:00:00Z',
    next: null,
    relative: '',
    can: [],
    pattern: null,
  }));
  if (world.instance)
    Object.assign(world.instance, {
      name: HOSTILE[1],
      home: HOSTILE[0],
      registry: HOSTILE[2],
      read_only: HOSTILE[1],
      user: { uid: 'u', handle: 'ada', name: HOSTILE[0] },
    });
  return world;
}

/** Elements that only a name turned into markup can have made. */
function intruders(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      document.querySelectorAll(
        '#app :is(script, iframe, style, [onerror], [onload], a[href^="javascript:"], img[src="x"])',
      ).length,
  );
}

describe.runIf(chromiumPath !== undefined)('hostile names', () => {
  let browser: Browser;
  let files: StaticFiles;
  beforeAll(async () => {
    files = await buildWindow();
    browser = await launchChromium();
  }, 60_000);
  afterAll(() => browser.close());

  it('control: the same page does notice a script that runs and markup that slips in', async () => {
    const { page, complaints } = await openWindow({ browser, files }, labWorld(1), { bypassCSP: true });
    await page.getByRole('row').nth(1).waitFor();
    await page.evaluate(() => {
      const box = document.createElement('div');
      document.getElementById('app')?.append(box);
      box.innerHTML = '<img src=x onerror="window.__xss=1">';
    });
    await expect.poll(() => page.evaluate(() => (window as { __xss?: number }).__xss)).toBe(1);
    expect(await intruders(page)).toBe(1);
    expect(complaints.length).toBeGreaterThan(0);
  });

  it('S-04: in every view they are text, and the content policy was never asked', async () => {
    const world = hostileWorld();
    const { page, complaints } = await openWindow({ browser, files }, world);
    const rows = page.locator('[role=row][data-index]');
    await rows.nth(HOSTILE.length - 1).waitFor();
    // What is in view must be there as it was sent, not swallowed.
    expect(await page.getByText('<script>window.__xss=1</script>').count()).toBeGreaterThan(0);
    expect(await page.getByText('line\\nbreak\\ttab').count()).toBeGreaterThan(0);
    expect(await page.getByText('turned\\u202Egpj.exe').count()).toBeGreaterThan(0);
    for (let index = 0; index < HOSTILE.length; index++) {
      await page.locator(`[data-index="${String(index)}"] .name`).click();
      for (const tab of ['Preview', 'Details', 'Labels', 'Versions', 'History', 'Where it is']) {
        await page.getByRole('tab', { name: tab }).click();
        await page.getByRole('tabpanel', { name: tab }).locator(':scope > *').first().waitFor();
      }
      expect(await intruders(page)).toBe(0);
    }
    await page.getByRole('button', { name: 'Close details' }).click();
    for (const facet of ['Type', 'Where', 'Label', 'State']) {
      await page
        .locator('.facet')
        .getByRole('button', { name: new RegExp(`^${facet}`) })
        .click();
      await page
        .getByRole('group', { name: `Filter by ${facet.toLowerCase()}` })
        .getByRole('checkbox')
        .nth(1)
        .waitFor({ timeout: 500 })
        .catch(() => undefined);
      expect(await intruders(page)).toBe(0);
      await page.keyboard.press('Escape');
    }
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await page.getByRole('dialog').getByRole('row').nth(HOSTILE.length).waitFor();
    expect(await intruders(page)).toBe(0);
    await page.keyboard.press('Escape');
    failNext(world, 'labels.add', 'refused', HOSTILE[1] ?? '', HOSTILE[0] ?? '');
    await rows.nth(0).getByRole('checkbox').check();
    await page.getByRole('button', { name: 'Add label…' }).click();
    await page.getByRole('option').nth(2).click();
    await page.locator('.toast.problem').waitFor();
    await page.keyboard.press('Escape');
    for (const screen of ['Folders we watch', 'Storage places', 'Labels & terms', 'Settings']) {
      await page.getByRole('link', { name: new RegExp(`^${screen}`) }).click();
      await page.getByRole('heading', { level: 1, name: screen }).waitFor();
      await page.getByText(/__xss/).first().waitFor();
      expect(await intruders(page)).toBe(0);
    }
    expect(await page.evaluate(() => (window as { __xss?: number }).__xss)).toBeUndefined();
    expect(complaints).toEqual([]);
  });

  it('S-04: the same of what is on its way, of buckets and of what is said about them', async () => {
    const world = hostileWorld();
    const evil = HOSTILE[1] ?? '';
    const bucket = makeStorage(7, {
      root: `s3://lab/${evil}`,
      type: 's3',
      region: evil,
      description: evil,
      default: true,
    });
    world.storages.push(bucket);
    const error = { code: 'offline', message: HOSTILE[0] ?? '', remedy: evil };
    world.transfers = HOSTILE.map((name, n) =>
      makeTransfer(n + 1, {
        name: `${name}/${name}`,
        uid: world.artifacts[n]?.uid ?? '',
        storage: bucket.root,
        error: n % 2 === 0 ? error : null,
        waits_for: name,
        state: n > 12 ? 'cancelled' : 'planned',
      }),
    );
    for (const row of world.artifacts)
      row.copies.push({ storage: bucket.uid, path: `s3://lab/${evil}`, verified_at: null });
    const { page, complaints } = await openWindow({ browser, files }, world);
    await page.locator('[role=row][data-index="0"] .name').click();
    await page.getByRole('tab', { name: 'Where it is' }).click();
    await page.getByText(`In the cloud: ${evil}`).waitFor();
    await page
      .getByRole('checkbox', { name: /^Select / })
      .nth(1)
      .check();
    await page.keyboard.press('Control+u');
    await page.getByRole('dialog').getByText(bucket.root).waitFor();
    expect(await intruders(page)).toBe(0);
    await page.keyboard.press('Escape');
    await page.getByRole('toolbar').getByRole('button', { name: 'Free up space here' }).click();
    await page.getByRole('dialog').getByText('stays here').waitFor();
    expect(await intruders(page)).toBe(0);
    await page.keyboard.press('Escape');
    // Told as a note, too.
    Object.assign(world.transfers[1] ?? {}, { error });
    emit(world, { type: 'transfers' });
    await page.locator('.toast').getByText('Problem with').waitFor();
    await page.getByRole('link', { name: /^Transfers/ }).click();
    await page.getByRole('heading', { level: 1, name: 'Transfers' }).waitFor();
    await page.getByText('Problem: <script>').first().waitFor();
    expect(await intruders(page)).toBe(0);
    await page.getByRole('button', { name: 'Cancel all…' }).click();
    await page.getByRole('dialog').getByText(evil).first().waitFor();
    expect(await intruders(page)).toBe(0);
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: /^Storage places/ }).click();
    await page.getByRole('button', { name: 'Add a bucket…' }).click();
    const form = page.getByRole('dialog');
    await form.getByLabel('Bucket', { exact: true }).fill('lab');
    world.tests.set('s3://lab', [{ step: 'name', ok: false, message: HOSTILE[0] ?? '', remedy: evil }]);
    await form.getByRole('button', { name: 'Test connection' }).click();
    await form.getByText(evil).waitFor();
    expect(await intruders(page)).toBe(0);
    expect(await page.evaluate(() => (window as { __xss?: number }).__xss)).toBeUndefined();
    expect(complaints).toEqual([]);
  });
});
