import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { inflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Preview } from '../../shared/contract/artifacts.ts';
import { encodeTiff } from '../../src-main/hosts/cli/demo/encode-tiff.ts';
import { previewArtifact, readContext } from '../../src-main/artifacts/index.ts';
import { nodeFs } from '../../src-main/ports/fs/node-fs.ts';
import { systemRandom } from '../../src-main/ports/random.ts';
import {
  artifactRow,
  insertStorage,
  openTestRegistry,
  WORKSTATION,
  type TestRegistry,
} from '../registry/open-test-registry.ts';

/** Real files of instruments, where they are at hand. */
const INSTRUMENTS = join(import.meta.dirname, '../../../shared/data/instruments');
const FORMATS = join(import.meta.dirname, '../../../shared/data/formats');
let test: TestRegistry;
let n = 0;

beforeAll(async () => {
  test = await openTestRegistry();
  await test.write((write) => insertStorage(write, 'storage00001', join(test.folder, 'data')));
  mkdirSync(join(test.folder, 'data'));
});
afterAll(() => test.close());

async function register(storageId: number, path: string, size: number): Promise<string> {
  const row = artifactRow(++n, { key: path, size, storage_id: storageId });
  await test.write((write) => {
    const [id = 0] = write.insert('artifact', [row]);
    write.insert(
      'copy',
      [{ artifact_id: id, storage_id: storageId, path: Buffer.from(path), verified_at: null, created_at: write.now }],
      [row.uid],
    );
  });
  return row.uid;
}

function previewOf(uid: string): Promise<Preview> {
  const { registry, workstation } = test;
  return previewArtifact(
    readContext({ registry, workstation, workstationUid: WORKSTATION, fs: nodeFs(systemRandom) }),
    { artifact: uid },
  );
}

async function preview(name: string, content: string | Buffer): Promise<Preview> {
  const bytes = Buffer.from(content);
  writeFileSync(join(test.folder, 'data', name), bytes);
  return previewOf(await register(1, name, bytes.length));
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

describe('previewArtifact', () => {
  it('shows tables with their header, quotes and separators', async () => {
    expect(await preview('a.csv', 'well,"a ""b"", c"\nA1,1\r\nA2,"x\ny"\n')).toEqual({
      kind: 'table',
      columns: ['well', 'a "b", c'],
      rows: [
        ['A1', '1'],
        ['A2', 'x\ny'],
      ],
      truncated: false,
    });
    expect(await preview('semi.csv', 'a;b\n1,5;2\n')).toMatchObject({ columns: ['a', 'b'], rows: [['1,5', '2']] });
    expect(await preview('a.tsv', 'a\tb\n1\t2')).toMatchObject({ columns: ['a', 'b'], rows: [['1', '2']] });
  });

  it('gives letters to columns under lines about the instrument', async () => {
    const table = await preview('preamble.csv', 'Reader 3000\nSerial,42\nWell,Value,Unit\nA1,1,mg\n');
    expect(table).toMatchObject({
      columns: ['A', 'B', 'C'],
      rows: [
        ['Reader 3000', '', ''],
        ['Serial', '42', ''],
        ['Well', 'Value', 'Unit'],
        ['A1', '1', 'mg'],
      ],
    });
  });

  it('shows the first 200 rows and 50 columns', async () => {
    const header = Array.from({ length: 60 }, (_, i) => `c${String(i)}`).join(',');
    const table = await preview(
      'big.csv',
      `${header}\n${`${Array.from({ length: 60 }, () => 'x').join(',')}\n`.repeat(300)}`,
    );
    expect(table).toMatchObject({ kind: 'table', truncated: true });
    expect(table.kind === 'table' && [table.columns.length, table.rows.length]).toEqual([50, 200]);
    const long = await preview('long.csv', `a,b\n${'1,2\n'.repeat(100_000)}`);
    expect(long).toMatchObject({ kind: 'table', truncated: true });
  });

  it('reads UTF-8, UTF-16 with and without its mark, and latin-1', async () => {
    const text = 'Größe 5 µm\r\n';
    const utf16 = Buffer.from(text, 'utf16le');
    for (const [name, bytes] of Object.entries({
      'utf8.txt': Buffer.from(text),
      'utf8-mark.txt': Buffer.from(`\ufeff${text}`),
      'utf16le-mark.txt': Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]),
      'utf16be-mark.txt': Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(utf16).swap16()]),
      'utf16le.txt': utf16,
      'utf16be.txt': Buffer.from(utf16).swap16(),
      'latin1.txt': Buffer.from(text, 'latin1'),
    })) {
      expect(await preview(name, bytes), name).toEqual({ kind: 'text', text, truncated: false });
    }
  });

  it('cuts long text at a whole character', async () => {
    const shown = await preview('long.txt', 'ä'.repeat(200_000) + 'x');
    expect(shown).toMatchObject({ kind: 'text', truncated: true });
    expect(shown.kind === 'text' && /^ä+$/.test(shown.text)).toBe(true);
    const odd = await preview('odd.txt', `x${'ä'.repeat(200_000)}`);
    expect(odd.kind === 'text' && /^xä+$/.test(odd.text)).toBe(true);
  });

  it('gives images as they are, by what is in them', async () => {
    const png = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
      'base64',
    );
    expect(await preview('a.dat', png)).toEqual({
      kind: 'image',
      mime: 'image/png',
      bytes: png.toString('base64'),
      note: null,
    });
    expect(await preview('a.svg', '<?xml version="1.0"?><svg xmlns="x"/>')).toMatchObject({
      kind: 'image',
      mime: 'image/svg+xml',
    });
    expect(await preview('bm.txt', 'BM is how this text begins, and it goes on')).toMatchObject({ kind: 'text' });
    expect(await preview('huge.png', Buffer.concat([png, Buffer.alloc(10 * 1024 * 1024)]))).toMatchObject({
      kind: 'none',
    });
  });

  it('says in plain words why there is none', async () => {
    expect(await preview('a.gz', Buffer.from([0x1f, 0x8b, 8, 0, 0]))).toEqual({
      kind: 'none',
      reason: 'This is a compressed file (gzip). There is no preview of it yet.',
    });
    expect(await preview('a.bin', Buffer.from([1, 2, 0, 4, 5, 0, 0]))).toMatchObject({ kind: 'none' });
    expect(await preview('empty.csv', '')).toEqual({ kind: 'none', reason: 'This file is empty.' });
  });

  it('never shows other bytes under a version, nor follows a link', async () => {
    await preview('changed.txt', 'version 1');
    const uid = await register(1, 'changed.txt ', 9).catch(() => '');
    expect(uid).not.toBe('');
    writeFileSync(join(test.folder, 'data', 'changed.txt'), 'version two');
    await expect(previewOf(`A${String(n - 1).padStart(15, '0')}0000`)).rejects.toMatchObject({ code: 'file_changed' });
    await expect(previewOf(uid)).rejects.toMatchObject({ code: 'file_not_found' });
    symlinkSync('/etc/passwd', join(test.folder, 'data', 'link.txt'));
    const link = await register(1, 'link.txt', statSync('/etc/passwd').size);
    await expect(previewOf(link)).rejects.toMatchObject({ code: 'file_changed' });
    const outside = await register(1, '../registry.db', statSync(join(test.folder, 'registry.db')).size);
    await expect(previewOf(outside)).rejects.toMatchObject({ code: 'refused' });
  });

  it.runIf(existsSync(INSTRUMENTS))(
    'shows every text file of real instruments, whatever its encoding',
    async () => {
      const storage = await test.write((write) => insertStorage(write, 'instruments1', INSTRUMENTS));
      for (const path of filesBelow(INSTRUMENTS)) {
        const size = statSync(join(INSTRUMENTS, path)).size;
        const shown = await previewOf(await register(storage, path, size));
        const ending = /\.[^.]+$/.exec(path)?.[0].toLowerCase() ?? '';
        if (['.csv', '.txt', '.tsv', '.json', '.xml'].includes(ending) && size > 0) {
          expect(shown.kind, path).not.toBe('none');
          const text = shown.kind === 'text' ? shown.text : JSON.stringify(shown);
          expect(text.includes('\ufffd') && !readFileSync(join(INSTRUMENTS, path)).includes('\ufffd'), path).toBe(
            false,
          );
          expect(/\0/.test(text), path).toBe(false);
        }
      }
    },
    60_000,
  );

  it.runIf(existsSync(FORMATS))('fails on no file of the known formats', async () => {
    const storage = await test.write((write) => insertStorage(write, 'formats00001', FORMATS));
    for (const path of filesBelow(FORMATS)) {
      const shown = await previewOf(await register(storage, path, statSync(join(FORMATS, path)).size));
      expect(['text', 'table', 'image', 'none'], path).toContain(shown.kind);
      if (/\.tiff?$/.test(path)) expect(shown.kind, path).toBe('image');
    }
  });

  it('draws TIFF images as PNG, those of 16 bits stretched, and says so', async () => {
    const pixels = new Uint16Array(64 * 32).map((_, i) => 1000 + (i % 64) * 10);
    const tiff = encodeTiff({
      pages: [{ width: 64, height: 32, pixels }],
      description: 'a ramp',
      dateTime: '2026:11:02 10:00:00',
      micrometresPerPixel: 1,
    });
    const shown = await preview('a.tif', Buffer.from(tiff));
    if (shown.kind !== 'image') throw new Error(JSON.stringify(shown));
    expect([shown.mime, shown.note]).toEqual(['image/png', expect.stringContaining('stretched')]);
    const { width, rows } = readPng(Buffer.from(shown.bytes, 'base64'));
    // From black at the left to white at the right, grey in between.
    expect([width, rows.length]).toEqual([64, 32]);
    const row = rows[5] ?? [];
    expect([row[0], row[63 * 3]]).toEqual([0, 255]);
    expect(row[32 * 3]).toBeGreaterThan(120);
    expect(row[32 * 3]).toBeLessThan(136);
    expect(await preview('broken.tif', Buffer.from('II*\0 nothing of the kind'))).toMatchObject({ kind: 'none' });
  });
});

/** A PNG of eight bits a colour, without filters. */
function readPng(png: Buffer): { width: number; rows: number[][] } {
  const width = png.readUInt32BE(16);
  const height = png.readUInt32BE(20);
  const start = png.indexOf('IDAT');
  const data = inflateSync(png.subarray(start + 4, start + 4 + png.readUInt32BE(start - 4)));
  const length = width * 3 + 1;
  return {
    width,
    rows: Array.from({ length: height }, (_, i) => [...data.subarray(i * length + 1, (i + 1) * length)]),
  };
}
