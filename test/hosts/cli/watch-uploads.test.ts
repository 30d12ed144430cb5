/** What arrives in a folder whose rule says so is uploaded by `watch --once` and by `watch`, within the hours for uploads. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as z from 'zod';
import { artifactRecord, type WatchSummary } from '../../../shared/contract/index.ts';
import { transferRecord } from '../../../shared/contract/transfers.ts';
import { watchSummary } from '../../../shared/contract/watching.ts';
import { startFaultProxy, type FaultProxy } from '../../stores/fault-proxy.ts';
import { useS3 } from '../../stores/use-s3.ts';
import { commandLine, type CommandLine } from './command-line.ts';

const server = useS3('versitygw');
const anything = z.unknown();
const transfers = z.strictObject({ items: z.array(transferRecord) });
const artifacts = z.object({ items: z.array(artifactRecord) });
let folders = 0;
let proxy: FaultProxy;
let cli: CommandLine;

beforeEach(async () => {
  proxy = await startFaultProxy(server().endpoint);
  cli = commandLine({ env: { ...server().env } });
  mkdirSync(cli.path('instrument'));
  writeFileSync(cli.path('instrument/before.fcs'), 'before');
  const root = `s3://${server().bucket}/watch-uploads-${String(folders++)}?endpoint_url=${proxy.endpoint}`;
  await cli.json(anything, 'init', '--storage', root, '--name', 'lab');
  await cli.json(anything, 'storage', 'add', 'instrument', '--watch');
  await cli.json(anything, 'watch', 'rule', 'instrument', '--settle', '0');
  expect(await once()).toMatchObject({ registered: 1, uploads: { done: 0, waiting: 0 } });
  await cli.json(anything, 'watch', 'rule', 'instrument', '--upload');
});
afterEach(async () => {
  await cli.close();
  await proxy.stop();
});

function once(): Promise<WatchSummary> {
  return cli.json(watchSummary, 'watch', '--once');
}

/** An instrument writes a file. */
function put(name: string): void {
  writeFileSync(cli.path('instrument', name), name);
}

/** Requests that bring content of artifacts, not of the registry. */
const sent = (): number => proxy.seen({ kind: 'put', url: /\.lamindb\/[A-Za-z0-9]{20}\.fcs/ }).length;

async function inCloud(): Promise<string[]> {
  const { items } = await cli.json(artifacts, 'list');
  return items
    .filter(({ copies }) => copies.some(({ path, verified_at: at }) => path.startsWith('s3://') && at !== null))
    .map(({ key }) => key ?? '')
    .sort();
}

/** "HH:MM", so many hours from now. */
function hour(fromNow: number): string {
  const at = new Date(Date.now() + fromNow * 3600_000);
  return `${String(at.getHours()).padStart(2, '0')}:${String(at.getMinutes()).padStart(2, '0')}`;
}

test('watch --once ends when what has arrived is in the store, and not what was there before', async () => {
  for (const name of ['a.fcs', 'b.fcs']) put(name);
  expect(await once()).toMatchObject({
    registered: 2,
    uploads: { done: 2, waiting: 0, failed: 0, reasons: [] },
  });
  expect(await inCloud()).toEqual(['a.fcs', 'b.fcs']);
  expect(sent()).toBe(2);
  // Each once.
  expect(await once()).toMatchObject({ registered: 0, uploads: { done: 0, waiting: 0 } });
  const { out } = await cli.run('watch', '--once');
  expect(out).toMatch(/^0 registered.* in 1 watched folder\n$/);
  expect(sent()).toBe(2);
}, 120_000);

test('what could not be uploaded waits with its reason, and the next watch --once brings it there', async () => {
  put('a.fcs');
  put('b.fcs');
  proxy.spoil({ kind: 'put', url: /\.lamindb\/[A-Za-z0-9]{20}\.fcs/ }, 100, { status: 403, code: 'AccessDenied' });
  const first = await once();
  expect(first).toMatchObject({ registered: 2, uploads: { done: 0, waiting: 2, failed: 0 } });
  expect(first.uploads.reasons.length).toBeGreaterThan(0);
  const { items } = await cli.json(transfers, 'transfers');
  expect(first.uploads.reasons).toContain(
    items.map(({ error }) => (error === null ? '' : `${error.message}. ${error.remedy}`)).find((text) => text !== ''),
  );
  const [paused] = items;
  await cli.json(transfers, 'transfers', 'pause', String(paused?.id));
  proxy.reset();
  const second = await cli.run('watch', '--once');
  expect(second).toMatchObject({ code: 0, err: '' });
  expect(second.out).toContain('\n1 uploaded, 1 waiting to be uploaded, 0 not uploaded\n');
  await cli.json(transfers, 'transfers', 'resume', '--all');
  expect(await once()).toMatchObject({ uploads: { done: 1, waiting: 0 } });
  expect(await inCloud()).toEqual(['a.fcs', 'b.fcs']);
}, 120_000);

test('outside the hours nothing is sent by itself; who waits for it is served', async () => {
  const [from, to] = [hour(2), hour(4)];
  await cli.json(anything, 'settings', 'upload-hours', `${from}-${to}`);
  for (const name of ['a.fcs', 'b.fcs']) put(name);
  const { uploads } = await once();
  expect(uploads).toEqual({
    done: 0,
    waiting: 2,
    failed: 0,
    reasons: [`Uploads run between ${from} and ${to}`],
  });
  const { items } = await cli.json(transfers, 'transfers', 'resume', '--all');
  expect(items.map(({ waits_for: waits }) => waits)).toEqual([uploads.reasons[0], uploads.reasons[0]]);
  expect(sent()).toBe(0);
  await cli.json(artifacts, 'upload', 'b.fcs');
  expect(await inCloud()).toEqual(['b.fcs']);
  expect(sent()).toBe(1);
  await cli.json(anything, 'settings', 'upload-hours', `${hour(-1)}-${hour(1)}`);
  expect(await once()).toMatchObject({ uploads: { done: 1, waiting: 0 } });
  expect(await inCloud()).toEqual(['a.fcs', 'b.fcs']);
}, 120_000);

test('watch without a window uploads what arrives while it runs, and what had to wait', async () => {
  await cli.json(anything, 'settings', 'upload-hours', `${hour(2)}-${hour(4)}`);
  put('a.fcs');
  expect(await once()).toMatchObject({ uploads: { waiting: 1 } });
  const watching = cli.start('watch');
  await watching.line((line) => line.startsWith('Watching'));
  put('b.fcs');
  await watching.line((line) => line === 'registered b.fcs');
  expect(sent()).toBe(0);
  // The engine that watches is told.
  await cli.json(anything, 'settings', 'upload-hours', 'always');
  await expect.poll(inCloud, { timeout: 60_000, interval: 200 }).toEqual(['a.fcs', 'b.fcs']);
  watching.child.kill('SIGINT');
  expect(await watching.ended).toMatchObject({ code: 0 });
  expect(sent()).toBe(2);
}, 120_000);
