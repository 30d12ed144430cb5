import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lookAt, namesInFolder } from '../../src-main/ports/fs/list-folder.ts';
import { joinRaw, rawFromBytes, rawFromText, rawToBytes } from '../../src-main/ports/fs/raw-path.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'benchkeep-list-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

it('gives every name as its bytes, in the order of the bytes', () => {
  const name = fc.uint8Array({ minLength: 1, maxLength: 255 }).filter((bytes) => {
    const text = Buffer.from(bytes).toString('latin1');
    return !bytes.includes(0) && !bytes.includes(0x2f) && text !== '.' && text !== '..';
  });
  let runs = 0;
  fc.assert(
    fc.property(
      fc.uniqueArray(name, { maxLength: 20, selector: (bytes) => Buffer.from(bytes).toString('hex') }),
      (names) => {
        const root = join(folder, String(++runs));
        mkdirSync(root);
        for (const bytes of names) writeFileSync(Buffer.concat([Buffer.from(`${root}/`), bytes]), '');
        const found = namesInFolder(rawFromText(root)) ?? [];
        expect(found.map((raw) => rawToBytes(raw).toString('hex'))).toEqual(
          names
            .map((bytes) => Buffer.from(bytes))
            .sort((a, b) => Buffer.compare(a, b))
            .map((bytes) => bytes.toString('hex')),
        );
        for (const raw of found) expect(lookAt(joinRaw(rawFromText(root), raw))?.kind).toBe('file');
      },
    ),
    { numRuns: 40 },
  );
});

it('tells what is there without following or opening it', () => {
  mkdirSync(join(folder, 'folder'));
  symlinkSync('folder', join(folder, 'link'));
  symlinkSync('nowhere', join(folder, 'dangling'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  const kinds = (namesInFolder(rawFromText(folder)) ?? []).map((name) => [
    name,
    lookAt(joinRaw(rawFromText(folder), name))?.kind,
  ]);
  expect(kinds).toEqual([
    ['dangling', 'symlink'],
    ['folder', 'folder'],
    ['link', 'symlink'],
    ['pipe', 'special'],
  ]);
});

it('tells what is gone from what can not be looked at', () => {
  expect(namesInFolder(rawFromText(join(folder, 'nowhere')))).toBeNull();
  expect(lookAt(rawFromText(join(folder, 'nowhere')))).toBeNull();
  writeFileSync(join(folder, 'file'), '');
  expect(namesInFolder(rawFromText(join(folder, 'file')))).toBeNull();
  const long = rawFromBytes(Buffer.from(`${folder}/${'x'.repeat(5000)}`));
  expect(() => lookAt(long)).toThrow(expect.objectContaining({ code: 'name_not_valid' }) as Error);
  expect(() => namesInFolder(long)).toThrow(expect.objectContaining({ code: 'name_not_valid' }) as Error);
});
