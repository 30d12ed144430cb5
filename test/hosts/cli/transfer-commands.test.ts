import { mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as z from 'zod';
import { settingsRecord } from '../../../shared/contract/instance.ts';
import { transferRecord } from '../../../shared/contract/transfers.ts';
import { startFaultProxy, type FaultProxy } from '../../stores/fault-proxy.ts';
import { useS3 } from '../../stores/use-s3.ts';
import { commandLine, type CommandLine } from './command-line.ts';

const server = useS3('versitygw');
const transfers = z.strictObject({ items: z.array(transferRecord) });
let proxy: FaultProxy;
let cli: CommandLine;

beforeEach(async () => {
  proxy = await startFaultProxy(server().endpoint);
  cli = commandLine({ env: { ...server().env } });
});
afterEach(async () => {
  await cli.close();
  await proxy.stop();
});

test(
  'transfers are listed, stopped by an interrupt, cancelled, and worked on by those who watch them',
  { timeout: 240_000 },
  async () => {
    const root = `s3://${server().bucket}/commands?endpoint_url=${proxy.endpoint}`;
    mkdirSync(cli.path('local'));
    writeFileSync(cli.path('a.fcs'), Buffer.alloc(40 * 1024 ** 2, 'a'));
    writeFileSync(cli.path('b.fcs'), 'b');
    await cli.json(z.unknown(), 'init', '--storage', root, '--name', 'lab');
    const set = await cli.json(
      settingsRecord,
      ...['settings', 'keep-artifacts-local', 'on', 'upload-bandwidth', '500MB', 'uploads-at-once', '2'],
      ...['upload-hours', '20:00-06:00'],
    );
    expect(set).toMatchObject({
      upload_bandwidth: 500_000_000,
      uploads_at_once: 2,
      upload_hours: { from: '20:00', to: '06:00' },
    });
    expect((await cli.refused(2, 'settings', 'upload-hours', '25:00-06:00')).code).toBe('invalid_argument');
    expect((await cli.json(settingsRecord, 'settings', 'upload-hours', 'always')).upload_hours).toBe(null);
    await cli.json(z.unknown(), 'storage', 'add', './local');
    await cli.json(z.unknown(), 'save', 'a.fcs', '--key', 'a.fcs');
    await cli.json(z.unknown(), 'save', 'b.fcs', '--key', 'b.fcs');
    proxy.spoil({ kind: 'part', partNumber: 3 }, 1, 'stall');
    const uploading = cli.start('upload', 'a.fcs');
    await expect.poll(() => proxy.seen({ kind: 'part' }).length, { timeout: 60_000 }).toBe(5);
    uploading.child.kill('SIGINT');
    expect(await uploading.ended).toMatchObject({ code: 1, out: '' });
    const [left] = (await cli.json(transfers, 'transfers')).items;
    expect(left).toMatchObject({
      direction: 'upload',
      name: 'a.fcs',
      state: 'sending',
      total: 40 * 1024 ** 2,
      error: null,
    });
    const id = String(left?.id);
    expect((await cli.json(transfers, 'transfers', 'pause', id)).items[0]?.paused).toBe(true);
    expect((await cli.refused(3, 'transfers', 'pause', '999')).code).toBe('not_found');
    expect((await cli.refused(2, 'transfers', 'resume')).code).toBe('invalid_argument');
    await cli.json(transfers, 'transfers', 'resume', '--all');
    const watching = cli.start('transfers', '--watch', '--json');
    await watching.line((line) => transfers.parse(JSON.parse(line)).items[0]?.state === 'done');
    watching.child.kill('SIGINT');
    expect((await watching.ended).code).toBe(0);
    expect(await cli.json(transfers, 'transfers', 'cancel', '--all')).toEqual({ items: [] });
    const both = cli.run('upload', 'a.fcs', 'b.fcs');
    expect(await both).toMatchObject({ code: 0 });
  },
);
