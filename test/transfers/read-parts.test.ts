/** A file is read once, in parts, and nothing is made of it before all of it was the content that was registered. */
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nodeFs } from '../../src-main/ports/fs/node-fs.ts';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { systemRandom } from '../../src-main/ports/random.ts';
import type { Part } from '../../src-main/storage/index.ts';
import { readChecksums, readParts } from '../../src-main/transfers/read-parts.ts';
import type { UploadSource } from '../../src-main/transfers/transfer-context.ts';

const MIB = 1024 ** 2;
const fs = nodeFs(systemRandom);
const buffer = (bytes: number): Promise<Buffer> => Promise.resolve(Buffer.allocUnsafe(bytes));
let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'benchkeep-parts-'));
  file = join(folder, 'a.fcs');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const hex = (algorithm: string, bytes: Buffer): string => createHash(algorithm).update(bytes).digest('hex');
const crcOf = (bytes: Buffer): string => crc32(bytes).toString(16).padStart(8, '0');

async function sourceOf(content: Buffer): Promise<UploadSource> {
  writeFileSync(file, content);
  const path = rawFromText(file);
  const facts = await fs.look(path);
  if (facts === null) throw new Error('not there');
  return { path, facts, sha256: hex('sha256', content) };
}

async function partsOf(
  source: UploadSource,
  partSize: number,
  onPart: (part: Part) => void = () => undefined,
): Promise<Part[]> {
  const parts: Part[] = [];
  await readParts(fs, source, { partSize, buffer }, (part) => {
    parts.push(part);
    onPart(part);
    return Promise.resolve();
  });
  return parts;
}

test('parts are the file, each with its checksums, and the whole has its own (property)', async () => {
  const sizes = fc.record({
    size: fc.integer({ min: 0, max: 5 * MIB }),
    partSize: fc.integer({ min: 300_000, max: 3 * MIB }),
  });
  await fc.assert(
    fc.asyncProperty(sizes, async ({ size, partSize }) => {
      const content = randomBytes(size);
      const source = await sourceOf(content);
      const parts: Part[] = [];
      const wanted = { partSize, buffer, md5: true, sha256: true };
      const checksums = await readParts(fs, source, wanted, (part) => {
        parts.push(part);
        return Promise.resolve();
      });
      expect(checksums).toEqual({ crc32: crcOf(content), md5: hex('md5', content) });
      expect(await readChecksums(fs, source, { md5: true })).toEqual(checksums);
      expect(Buffer.concat(parts.map(({ bytes }) => bytes)).equals(content)).toBe(true);
      for (const [index, part] of parts.entries())
        expect(part).toMatchObject({
          number: index + 1,
          offset: index * partSize,
          crc32: crcOf(part.bytes),
          sha256: hex('sha256', part.bytes),
        });
    }),
    { numRuns: 15 },
  );
});

describe('while it is read', () => {
  const content = randomBytes(3 * MIB);
  const atFirst =
    (change: () => void) =>
    ({ number }: Part): void => {
      if (number === 1) change();
    };

  test('F-UP13 an edit that keeps size and time: the last part, of which some stores make the object, is not given', async () => {
    const source = await sourceOf(content);
    const { atime, mtime } = statSync(file);
    const given: number[] = [];
    const edit = atFirst(() => {
      writeFileSync(file, randomBytes(content.length));
      utimesSync(file, atime, mtime);
    });
    const reading = partsOf(source, MIB, (part) => {
      given.push(part.number);
      edit(part);
    });
    await expect(reading).rejects.toMatchObject({ code: 'file_changed' });
    expect(given).not.toContain(3);
  });

  test.each([
    [
      'its rights change',
      () => {
        chmodSync(file, 0o600);
      },
    ],
    [
      'it gets another name',
      () => {
        renameSync(file, `${file}.moved`);
      },
    ],
    [
      'it is deleted',
      () => {
        rmSync(file);
      },
    ],
  ])('%s: what was read is the content all the same', async (_, change) => {
    const parts = await partsOf(await sourceOf(content), MIB, atFirst(change));
    expect(Buffer.concat(parts.map(({ bytes }) => bytes)).equals(content)).toBe(true);
  });

  test('it gets shorter: nothing is made of it', async () => {
    const source = await sourceOf(content);
    const reading = partsOf(
      source,
      MIB,
      atFirst(() => {
        writeFileSync(file, 'short');
      }),
    );
    await expect(reading).rejects.toMatchObject({ code: 'file_changed' });
  });
});

test('what changed before is refused before a byte is read', async () => {
  const source = await sourceOf(randomBytes(100));
  writeFileSync(file, randomBytes(101));
  await expect(partsOf(source, MIB)).rejects.toMatchObject({ code: 'file_changed' });
  rmSync(file);
  await expect(partsOf(source, MIB)).rejects.toMatchObject({ code: 'file_not_found' });
});
