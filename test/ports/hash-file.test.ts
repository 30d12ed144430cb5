/** LaminDB's hashes of real files, read by the real threads' own function. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hashFile, hashFileEnds, readBuffer } from '../../src-main/ports/fs/hash-file.ts';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';

const folder = mkdtempSync(join(tmpdir(), 'benchkeep-hash-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const MIB = 1024 * 1024;
const quiet = { cancelled: () => false, onBytes: () => undefined };
const buffer = readBuffer();

function file(name: string, size: number, byte: ((i: number) => number) | null): string {
  const path = join(folder, name);
  const handle = openSync(path, 'w');
  if (byte === null) ftruncateSync(handle, size);
  else {
    // A period of both patterns, so that every piece is the same.
    const piece = Buffer.from(Uint8Array.from({ length: 256 * 251 }, (_, i) => byte(i)));
    for (let done = 0; done < size; done += piece.length)
      writeSync(handle, piece, 0, Math.min(piece.length, size - done));
  }
  closeSync(handle);
  return path;
}
const hashed = (path: string) => {
  const outcome = hashFile(rawFromText(path), buffer, quiet);
  if (outcome.kind !== 'hashed') throw new Error(JSON.stringify(outcome));
  return outcome;
};

describe('the table of facts', () => {
  const counting = (i: number): number => i % 256;
  it.each([
    ['empty', 0, null, '1B2M2Y8AsgTpgAmY7PhCfg', 'md5'],
    ['50 MiB of zero bytes', 52_428_800, null, 'JeMXdz8wjkRsyExQOm0fhQ', 'md5'],
    ['52,428,801 zero bytes', 52_428_801, null, 'I-EOc37Fd5SZVtseNYT2KN', 'sha1-fl'],
    ['bytes 0…255 to 50 MiB + 256', 52_429_056, counting, 'r5IcMpkMQUtbBbV5EmccK8', 'sha1-fl'],
    ['bytes 0…255 to 120 MiB', 125_829_120, counting, 'r5IcMpkMQUtbBbV5EmccK8', 'sha1-fl'],
    ['byte i = i mod 251, 120 MiB', 125_829_120, (i: number) => i % 251, 'fA_RGp6W8TimLCpXAn1OV6', 'sha1-fl'],
  ] as const)('%s', (name, size, byte, hash, hashType) => {
    const path = file(name.replace(/\W/g, '-'), size, byte);
    const outcome = hashed(path);
    expect(outcome).toMatchObject({ hash, hashType, facts: { size } });
    expect(outcome.sha256).toBe(execFileSync('sha256sum', [path], { encoding: 'utf8' }).slice(0, 64));
    if (hashType === 'sha1-fl')
      expect(hashFileEnds(rawFromText(path), buffer, quiet)).toMatchObject({ hash, hashType });
    rmSync(path);
  });

  it('hello', () => {
    const path = join(folder, 'hello');
    writeFileSync(path, 'hello\n');
    expect(hashed(path)).toMatchObject({ hash: 'sZRqySSS0jR8YjW00mERhA', hashType: 'md5' });
  });

  it('F-IN10 a flipped byte in the middle of a large file shows in its sha256 only', () => {
    const path = file('flipped', 125_829_120, (i) => i % 251);
    const before = hashed(path);
    const handle = openSync(path, 'r+');
    writeSync(handle, Buffer.from([255]), 0, 1, 60 * MIB);
    closeSync(handle);
    const after = hashed(path);
    expect(after.hash).toBe(before.hash);
    expect(after.sha256).not.toBe(before.sha256);
    rmSync(path);
  });
});

it.each([1, 262_143, 262_144, 262_145, MIB - 1, MIB, MIB + 1, 3 * MIB + 7])('reads %i bytes as they are', (size) => {
  const content = Buffer.alloc(size, 'benchkeep');
  const path = join(folder, 'sized');
  writeFileSync(path, content);
  let told = 0;
  const outcome = hashFile(rawFromText(path), buffer, { cancelled: () => false, onBytes: (bytes) => (told += bytes) });
  expect(outcome).toMatchObject({
    hash: createHash('md5').update(content).digest('base64url').slice(0, 22),
    sha256: createHash('sha256').update(content).digest('hex'),
  });
  expect(told).toBe(size);
});

it('says what is no file, without opening it for long: folder, link, pipe, nothing', () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  symlinkSync(join(folder, 'hello'), join(folder, 'link'));
  const of = (path: string) => hashFile(rawFromText(path), buffer, quiet);
  expect(of(folder)).toMatchObject({ kind: 'failed', error: { code: 'not_a_file' } });
  expect(of(pipe)).toMatchObject({ kind: 'failed', error: { code: 'not_a_file' } });
  expect(of(join(folder, 'link'))).toMatchObject({ kind: 'failed', error: { code: 'refused' } });
  expect(of(join(folder, 'nothing'))).toEqual({ kind: 'gone' });
});

it('ends at once when it is told to', () => {
  const path = join(folder, 'sparse');
  writeFileSync(path, '');
  truncateSync(path, 8 * MIB);
  let chunks = 0;
  const outcome = hashFile(rawFromText(path), buffer, { cancelled: () => chunks++ > 2, onBytes: () => undefined });
  expect(outcome).toMatchObject({ kind: 'failed', error: { code: 'cancelled' } });
  expect(chunks).toBe(4);
});
