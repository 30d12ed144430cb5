import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { listArtifactsInput } from '../../shared/contract/artifacts.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { previewsApart, startReader, type Reader } from '../../src-main/engine/reader-client.ts';
import { systemClock, type Clock } from '../../src-main/ports/clock.ts';
import {
  artifactRow,
  insertStorage,
  openTestRegistry,
  WORKSTATION,
  type TestRegistry,
} from '../registry/open-test-registry.ts';

let test: TestRegistry;
let reader: Reader;
beforeEach(async () => {
  test = await openTestRegistry();
  writeFileSync(join(test.folder, 'a.txt'), 'hello\n');
  await test.write((write) => {
    insertStorage(write, 'storage00001', test.folder);
    write.insert('artifact', [artifactRow(1, { key: 'a.txt', suffix: '.txt', size: 6 })]);
    write.insert(
      'copy',
      [{ artifact_id: 1, storage_id: 1, path: Buffer.from('a.txt'), verified_at: null, created_at: write.now }],
      ['A0000000000000010000'],
    );
  });
  reader = await start(systemClock);
});
afterEach(async () => {
  await reader.close();
  await test.close();
});
const all = listArtifactsInput.parse({});

function start(clock: Pick<Clock, 'after'>): Promise<Reader> {
  const { registry, workstation } = test;
  return startReader({ registry: registry.path, workstation: workstation.path, workstationUid: WORKSTATION }, clock);
}

describe('the reader', () => {
  it('serves every read while the engine writes, and sees what was committed', async () => {
    const { reads } = reader;
    await test.write(async (write) => {
      write.insert('artifact', [artifactRow(2)]);
      // Inside the transaction of the writer: neither waits for the other.
      expect((await reads.listArtifacts(all)).total).toBe(1);
    });
    expect((await reads.listArtifacts(all)).total).toBe(2);
    expect((await reads.describeArtifact({ artifact: 'a.txt' })).uid).toBe('A0000000000000010000');
    expect((await reads.listVersions({ artifact: 'a.txt' })).items).toHaveLength(1);
    expect(await reads.artifactPath({ artifact: 'a.txt' })).toEqual({ path: join(test.folder, 'a.txt') });
    expect(await reads.previewArtifact({ artifact: 'a.txt' })).toEqual({
      kind: 'text',
      text: 'hello\n',
      truncated: false,
    });
    expect((await reads.artifactLog({ artifact: 'a.txt' })).items.map(({ registry }) => registry)).toEqual([
      'copy',
      'artifact',
    ]);
    expect((await reads.listFacets({})).items.map(({ facet }) => facet)).toContain('suffix');
    expect(await reads.listLabels({})).toEqual({ items: [] });
    expect((await reads.viewChanges({ limit: 3 })).items).toHaveLength(3);
  });

  it('gives errors with code and remedy', async () => {
    const error: unknown = await reader.reads.describeArtifact({ artifact: 'a.tx' }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(BenchkeepError);
    expect(error).toMatchObject({ code: 'not_found', remedy: 'Did you mean "a.txt"?' });
  });

  it('F-DB19: holds no read transaction, so that the log of the writer can be folded in', async () => {
    for (let i = 0; i < 20; i++) await reader.reads.listArtifacts(all);
    const [checkpoint] = test.registry.sqlite.pragma('wal_checkpoint(TRUNCATE)') as { busy: number; log: number }[];
    expect(checkpoint).toMatchObject({ busy: 0, log: 0 });
  });

  it('F-AP01 a preview that never ends is ended alone: lists are served meanwhile, and the next preview too', async () => {
    let hangs = true;
    const after: Clock['after'] = (_ms, run) => {
      if (hangs) run();
      return () => undefined;
    };
    const apart = previewsApart(reader, () => start({ after }));
    onTestFinished(() => apart.close());
    const error: unknown = await apart.reads.previewArtifact({ artifact: 'a.txt' }).catch((e: unknown) => e);
    expect(error).toMatchObject({ message: expect.stringContaining('can’t be shown') as string });
    hangs = false;
    expect((await apart.reads.listArtifacts(all)).total).toBe(1);
    expect(await apart.reads.previewArtifact({ artifact: 'a.txt' })).toMatchObject({ text: 'hello\n' });
  });

  it('ends what is being read when it is closed', async () => {
    await reader.close();
    await expect(reader.reads.listFacets({})).rejects.toMatchObject({ code: 'cancelled' });
  });
});
