/** A name that leads elsewhere for a moment, between the look and the reading. */
import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { registerFiles } from '../../src-main/artifacts/index.ts';
import type { FileFacts } from '../../src-main/ports/fs/file-facts.ts';
import { hashFile, readBuffer } from '../../src-main/ports/fs/hash-file.ts';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { openWatching, type TestWatching } from '../watching/open-watching.ts';
import { sha256 } from './crash/oracle.ts';

const REAL = 'measured';
const SECRET = 'a secret elsewhere, of the same name';
const TIMES = 1000;
const MET = 20;

let test_: TestWatching;
let elsewhere: string;
beforeEach(async () => {
  test_ = await openWatching();
  elsewhere = test_.folder('elsewhere');
  writeFileSync(join(elsewhere, 'a.csv'), SECRET);
});
afterEach(() => test_.close());

/** Runs `work` while another process swaps `name`; resolves to the number of swaps. */
async function whileSwapping(name: string, work: () => Promise<void>): Promise<number> {
  const stop = join(test_.base, 'stop');
  const swaps = new Promise<number>((resolve, reject) => {
    execFile(
      process.execPath,
      [join(import.meta.dirname, 'children', 'swap.ts'), name, stop],
      (error, stdout, stderr) => {
        if (error === null) resolve(Number(stdout));
        else reject(new Error(stderr));
      },
    );
  });
  try {
    await work();
  } finally {
    writeFileSync(stop, '');
  }
  return swaps;
}

test('S-08 of a name that is swapped for a link only the file itself is ever read', { timeout: 60_000 }, async () => {
  const file = test_.put('a.csv', REAL);
  symlinkSync(join(elsewhere, 'a.csv'), `${file}.link`);
  const seen = new Map<string, number>();
  const buffer = readBuffer();
  const swaps = await whileSwapping(file, async () => {
    // Until the link was met often enough, however the two processes take turns.
    for (let n = 0; n < TIMES || (seen.get('failed') ?? 0) < MET; n++) {
      const outcome = hashFile(rawFromText(file), buffer, { cancelled: () => false, onBytes: () => undefined });
      const what = outcome.kind === 'hashed' ? outcome.sha256 : outcome.kind;
      seen.set(what, (seen.get(what) ?? 0) + 1);
      const read = await test_.context.fs.readRange(rawFromText(file), 0, 100).catch(() => Buffer.from(REAL));
      expect(read.toString()).toBe(REAL);
      await turn();
    }
  });
  expect(swaps).toBeGreaterThan(MET);
  expect([...seen.keys()].filter((what) => !['gone', 'failed', 'changed'].includes(what))).toEqual([sha256(REAL)]);
});

test(
  'S-08 of a folder that is swapped for a link nothing from elsewhere is registered',
  { timeout: 60_000 },
  async () => {
    const { context } = test_;
    const file = test_.put('run/a.csv', REAL);
    const facts = (await context.fs.look(rawFromText(file))) as FileFacts;
    symlinkSync(elsewhere, `${test_.path('run')}.link`);
    const storage = await test_.storage();
    const author = await context.author();
    const outcomes = new Map<string, number>();
    await whileSwapping(test_.path('run'), async () => {
      for (let n = 0; n < TIMES; n++) {
        const [outcome] = await registerFiles(context, {
          storage,
          files: [{ path: rawFromText('run/a.csv'), facts }],
          author,
          operation: 'test',
        });
        outcomes.set(outcome?.kind ?? 'none', (outcomes.get(outcome?.kind ?? 'none') ?? 0) + 1);
      }
    });
    expect([...outcomes.keys()].filter((kind) => !['registered', 'known', 'changed', 'gone'].includes(kind))).toEqual(
      [],
    );
    expect((await test_.artifacts()).map(({ sha256: hash }) => hash)).toEqual([sha256(REAL)]);
  },
);

test('S-08 a link out of the root leads the walk nowhere', async () => {
  mkdirSync(test_.path('run'));
  symlinkSync(elsewhere, test_.path('run/out'));
  symlinkSync('/', test_.path('all'));
  test_.put('run/b.csv', REAL);
  await test_.pass();
  expect(await test_.keys()).toEqual(['run/b.csv']);
});
