/** Objects and folders that were registered where they are in a store, fetched by whoever wants them. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cacheArtifact } from '../../src-main/artifacts/index.ts';
import { rawToDisplay } from '../../src-main/ports/fs/raw-path.ts';
import { ended } from '../artifacts/open-artifacts.ts';
import { openPlace, type TestPlace } from '../artifacts/open-place.ts';
import { useS3 } from '../stores/use-s3.ts';
import { filesIn } from './folder-bench.ts';

const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');
const server = useS3('versitygw');
let place: TestPlace;
beforeEach(async () => {
  place = await openPlace(server());
});
afterEach(() => place.close());

const cache = (artifact: string): Promise<{ path: string }> =>
  ended(cacheArtifact(place.lab.context, { artifact, to: null }));
const manifestHere = (uid: string): string =>
  join(rawToDisplay(place.lab.context.folder), 'manifests', `${uid}.tsv.gz`);
const stateOf = async (uid: string): Promise<unknown> => {
  const { state, state_reason: reason } = await place.lab.row(uid);
  return { state, reason };
};

describe('a folder that another computer verified', () => {
  const lines = `${sha256('aa')}\t2\ta\n${sha256('b')}\t1\tsub/b\n`;

  /** Its list here is of what the store says; the registry got its checksum from elsewhere. */
  async function verifiedElsewhere(): Promise<string> {
    await place.put('f/a', 'aa');
    await place.put('f/sub/b', 'b');
    const { uid } = await place.lab.saveOne(place.address('f'));
    const marks = readFileSync(manifestHere(uid));
    expect(String(gunzipSync(marks))).toContain('md5:');
    await place.lab.context.registry.db
      .updateTable('artifact')
      .set({ sha256: sha256(lines), state: 'ok', state_reason: null })
      .where('uid', '=', uid)
      .execute();
    return uid;
  }

  test('is fetched here, and stays what it is for everybody', async () => {
    const uid = await verifiedElsewhere();
    const { path } = await cache(uid);
    expect(filesIn(path)).toEqual(
      new Map([
        ['a', Buffer.from('aa')],
        ['sub/b', Buffer.from('b')],
      ]),
    );
    expect(await stateOf(uid)).toEqual({ state: 'ok', reason: null });
    expect(String(gunzipSync(readFileSync(manifestHere(uid))))).toBe(lines);
  });

  test('has the whole list after it is verified here', async () => {
    const uid = await verifiedElsewhere();
    expect(await place.lab.verify({ artifacts: [uid] })).toMatchObject({ ok: 1, failed: [] });
    expect(String(gunzipSync(readFileSync(manifestHere(uid))))).toBe(lines);
    rmSync(manifestHere(uid));
    expect(await place.lab.verify({ artifacts: [uid] })).toMatchObject({ ok: 1, failed: [] });
    expect(existsSync(manifestHere(uid))).toBe(true);
  });
});
