/** Folder artifacts go to a bucket file by file and are there only whole (`faults.md`, F-UP17). */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { replaceArtifact } from '../../src-main/artifacts/index.ts';
import { ended } from '../artifacts/open-artifacts.ts';
import { useS3 } from '../stores/use-s3.ts';
import { startFaultProxy, type FaultProxy } from '../stores/fault-proxy.ts';
import { filesIn } from './folder-bench.ts';
import { die, openCloudLab, type CloudLab } from './open-cloud-lab.ts';

const server = useS3('versitygw');
let lab: CloudLab;
let proxy: FaultProxy;
let folders = 0;

beforeEach(async () => {
  for (const [name, value] of Object.entries(server().env)) process.env[name] = String(value);
  proxy = await startFaultProxy(server().endpoint, { secret: server().env.AWS_SECRET_ACCESS_KEY });
  lab = await openCloudLab(`s3://${server().bucket}/folders-${String(folders++)}?endpoint_url=${proxy.endpoint}`);
});
afterEach(async () => {
  await lab.close();
  await proxy.stop();
});

interface Kept {
  uid: string;
  /** Benchkeep's own copy. */
  own: string;
  files: Map<string, Buffer>;
}

/** A folder of so many small files, saved on this computer. */
async function kept(n = 30, more: Record<string, Buffer> = {}, key = 'run1'): Promise<Kept> {
  const files = new Map<string, Buffer>(Object.entries(more));
  for (let i = 0; i < n; i++) files.set(`d${String(i % 3)}/f${String(i).padStart(4, '0')}.bin`, randomBytes(100 + i));
  const folder = join(lab.base, key);
  for (const [name, bytes] of files) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  const { uid } = await lab.save(folder, { key });
  return { uid, own: join(lab.local, '.lamindb', uid), files };
}

async function objects(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of (await lab.store()).list('.lamindb/')) keys.push(key);
  return keys.filter((key) => !key.endsWith('storage_uid.txt') && !/_exclusion|benchkeep\.db/.test(key));
}

async function readAll(uid: string): Promise<Map<string, Buffer>> {
  const store = await lab.store();
  const found = new Map<string, Buffer>();
  for await (const { key, size } of store.list(`.lamindb/${uid}/`))
    found.set(key.slice(`.lamindb/${uid}/`.length), await store.readRange(key, 0, size));
  return found;
}

const sorted = (files: Map<string, Buffer>): [string, string][] =>
  [...files]
    .map(([name, bytes]): [string, string] => [name, bytes.toString('hex')])
    .sort(([a], [b]) => (a < b ? -1 : 1));

const states = async (): Promise<string[]> => (await lab.transfers()).map(({ state }) => state);
const journals = (): string[] =>
  readdirSync(join(lab.context.folder, 'manifests')).filter((name) => name.startsWith('.'));

describe('a folder is uploaded', () => {
  it('file by file, below its uid, with its manifest; its copy here moves to the cache', async () => {
    const { uid, own, files } = await kept(40, { 'große ä/100% +1 #?.txt': Buffer.from('x'), leer: Buffer.alloc(0) });
    const before = readFileSync(join(lab.context.folder, 'manifests', `${uid}.tsv.gz`));
    const { warnings } = await lab.upload(uid);
    expect(sorted(await readAll(uid))).toEqual(sorted(files));
    expect(await lab.object(`manifests/${uid}`, '.tsv.gz')).toEqual(before);
    expect((await lab.copies(uid)).map(({ root, path }) => [root.slice(0, 2), path.toString()])).toEqual([
      ['s3', `.lamindb/${uid}`],
    ]);
    expect(await lab.artifact(uid)).toMatchObject({ state: 'ok' });
    expect(existsSync(own)).toBe(false);
    expect(sorted(filesIn(join(lab.context.folder, 'cache', uid)))).toEqual(sorted(files));
    expect(warnings).toEqual([`moved local artifact to cache: ${join(lab.context.folder, 'cache', uid)}`]);
    expect(await states()).toEqual(['done']);
    expect(journals()).toEqual([]);
  });

  it('large members go by parts', async () => {
    const { uid, files } = await kept(3, { 'big.raw': randomBytes(40 * 1024 ** 2) });
    await lab.upload(uid);
    expect(proxy.seen({ kind: 'part' }).length).toBe(5);
    expect(sorted(await readAll(uid))).toEqual(sorted(files));
  });

  it('F-UP17 one of 1,000 members fails: it is not in the cloud, nothing here goes, and it goes on without what is there', async () => {
    const { uid, own, files } = await kept(1000);
    proxy.reset();
    proxy.spoil({ method: 'PUT', url: /f0700\.bin/ }, 1, { status: 403, code: 'AccessDenied' });
    await expect(lab.upload(uid)).rejects.toMatchObject({ code: 'not_allowed' });
    expect((await lab.copies(uid)).map(({ root }) => root)).toEqual([lab.local]);
    expect(await lab.object(`manifests/${uid}`, '.tsv.gz')).toBeNull();
    expect(sorted(filesIn(own))).toEqual(sorted(files));
    expect(await states()).toEqual(['sending']);
    const sent = new Set(proxy.seen({ method: 'PUT', url: /\.bin/ }).map(({ url }) => url));
    expect(sent.size).toBeGreaterThan(300);
    proxy.reset();
    await lab.restart();
    await lab.upload(uid);
    const again = proxy.seen({ method: 'PUT', url: /\.bin/ }).map(({ url }) => url);
    expect(again.filter((url) => sent.has(url) && !url.includes('f0700'))).toEqual([]);
    expect(sorted(await readAll(uid))).toEqual(sorted(files));
    expect(await states()).toEqual(['done']);
    expect(existsSync(own)).toBe(false);
  });

  it('other bytes at the key of a member: it stops, says which, and replaces nothing', async () => {
    const { uid, own, files } = await kept(30);
    const store = await lab.store();
    await store.put(`.lamindb/${uid}/d0/f0003.bin`, Buffer.from('theirs'));
    await expect(lab.upload(uid)).rejects.toMatchObject({
      code: 'already_exists',
      message: expect.stringContaining('d0/f0003.bin') as string,
    });
    expect(await states()).toEqual(['cancelled']);
    expect((await store.readRange(`.lamindb/${uid}/d0/f0003.bin`, 0, 99)).toString()).toBe('theirs');
    expect(await lab.object(`manifests/${uid}`, '.tsv.gz')).toBeNull();
    expect(sorted(filesIn(own))).toEqual(sorted(files));
    expect((await lab.copies(uid)).map(({ root }) => root)).toEqual([lab.local]);
  });

  it('a passing conflict over one member, or its manifest, does not end it', async () => {
    const { uid, files } = await kept(30);
    const conflict = { status: 409, code: 'ConditionalRequestConflict' };
    proxy.spoil({ method: 'PUT', url: /f0007\.bin/ }, 2, conflict);
    proxy.spoil({ method: 'PUT', url: /manifests/ }, 1, conflict);
    await lab.upload(uid);
    expect(await states()).toEqual(['done']);
    expect(sorted(await readAll(uid))).toEqual(sorted(files));
  });

  it('a member whose rights change while it is sent is sent all the same', async () => {
    const { uid, own, files } = await kept(3, { 'big.raw': randomBytes(40 * 1024 ** 2) });
    let sends = 0;
    lab.before('send', () => {
      if (++sends === 2) chmodSync(join(own, 'big.raw'), 0o640);
    });
    await lab.upload(uid);
    expect(sorted(await readAll(uid))).toEqual(sorted(files));
    expect(await states()).toEqual(['done']);
  });

  it('a member that is changed while the folder is sent ends it, and stays as it is', async () => {
    const { uid, own } = await kept(30);
    let puts = 0;
    lab.after('put', (key) => {
      if (key.includes(uid) && ++puts === 3) appendFileSync(join(own, 'd2/f0029.bin'), 'more');
    });
    await expect(lab.upload(uid)).rejects.toMatchObject({ code: 'file_changed' });
    expect(await states()).toEqual(['cancelled']);
    expect(await lab.object(`manifests/${uid}`, '.tsv.gz')).toBeNull();
    expect(readFileSync(join(own, 'd2/f0029.bin')).toString().endsWith('more')).toBe(true);
    expect(journals()).toEqual([]);
  });

  it.each([
    ['in the middle', /f0001\.bin$/],
    ['in the end', /manifests\//],
  ])(
    'replaced while it is sent, %s: what was sent of the old one is not in the way of the new one',
    async (_, when) => {
      const { uid, files } = await kept(10);
      const folder = join(lab.base, 'other');
      for (const name of files.keys()) {
        mkdirSync(join(folder, name, '..'), { recursive: true });
        writeFileSync(join(folder, name), randomBytes(50));
      }
      const replacing = { begun: false };
      lab.after('put', async (key) => {
        if (replacing.begun || !when.test(key) || !key.includes(uid)) return;
        replacing.begun = true;
        await ended(replaceArtifact(lab.context, { artifact: uid, path: folder }));
      });
      await expect(lab.upload(uid)).rejects.toMatchObject({ code: 'file_changed' });
      expect(await objects()).toEqual([]);
      await lab.upload(uid);
      expect(sorted(await readAll(uid))).toEqual(sorted(filesIn(folder)));
      expect(sorted(filesIn(join(lab.context.folder, 'cache', uid)))).toEqual(sorted(filesIn(folder)));
      expect(journals()).toEqual([]);
    },
  );

  it('a file that somebody put into it after it was sent keeps it where it is', async () => {
    const { uid, own } = await kept(10);
    lab.after('put', (key) => {
      if (key.includes('manifests/')) writeFileSync(join(own, 'notes.txt'), 'mine');
    });
    await lab.upload(uid);
    expect(readFileSync(join(own, 'notes.txt')).toString()).toBe('mine');
    expect((await lab.copies(uid)).length).toBe(2);
    expect(await states()).toEqual(['done']);
    expect(journals()).toEqual([]);
  });

  it('a member that is removed from the store after the program died: nothing moves, and it is sent again', async () => {
    const { uid, own, files } = await kept(20);
    lab.after('put', (key) => {
      if (key.includes('manifests/')) die();
    });
    await expect(lab.upload(uid)).rejects.toThrow();
    await lab.restart();
    lab.after('put', null);
    await (await lab.store()).delete(`.lamindb/${uid}/d1/f0001.bin`);
    expect(existsSync(own)).toBe(true);
    await lab.upload(uid);
    expect(sorted(await readAll(uid))).toEqual(sorted(files));
    expect(existsSync(own)).toBe(false);
    expect(await states()).toEqual(['done']);
  });

  it("other people's objects below its key are none of its members", async () => {
    const { uid, own } = await kept(10);
    await (await lab.store()).put(`.lamindb/${uid}/theirs.txt`, Buffer.from('theirs'));
    await lab.upload(uid);
    expect(existsSync(own)).toBe(false);
    expect((await objects()).filter((key) => key.endsWith('theirs.txt')).length).toBe(1);
  });

  it('a name that is not valid UTF-8 is refused before anything is sent', async () => {
    const { own, uid } = await kept(3, {}, 'plain');
    expect(existsSync(own)).toBe(true);
    const folder = join(lab.base, 'strange');
    mkdirSync(folder);
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0x66, 0xff])]), 'x');
    const strange = await lab.save(folder, { key: 'strange' });
    await expect(lab.upload(strange.uid)).rejects.toMatchObject({
      code: 'invalid_key',
      message: expect.stringContaining('not valid UTF-8') as string,
    });
    expect((await objects()).filter((key) => key.includes(strange.uid))).toEqual([]);
    await lab.upload(uid);
  });

  it('F-UP11 a member that is replaced after all was verified: nothing here moves, and the registry stops naming it', async () => {
    const { uid, own, files } = await kept(20);
    const key = `.lamindb/${uid}/d1/f0001.bin`;
    const looked = { died: false };
    lab.after('stat', async (of) => {
      if (looked.died || !of.includes('manifests/') || (await states())[0] !== 'settling') return;
      looked.died = true;
      die();
    });
    await expect(lab.upload(uid)).rejects.toThrow();
    expect(await states()).toEqual(['settling']);
    lab.after('stat', null);
    await lab.restart();
    const store = await lab.store();
    await store.put(key, randomBytes(101));
    await expect(lab.upload(uid)).rejects.toMatchObject({
      code: 'file_changed',
      message: expect.stringContaining('d1/f0001.bin') as string,
    });
    expect(sorted(filesIn(own))).toEqual(sorted(files));
    expect((await lab.copies(uid)).map(({ root }) => root)).toEqual([lab.local]);
    expect(await states()).toEqual(['cancelled']);
  });

  it('F-UP16 members that another computer has brought there are not sent again', async () => {
    const { uid, own, files } = await kept(20);
    const store = await lab.store();
    for (const [name, bytes] of files) await store.put(`.lamindb/${uid}/${name}`, bytes);
    proxy.reset();
    await lab.upload(uid);
    expect(proxy.seen({ method: 'PUT', url: /\.bin/ })).toEqual([]);
    expect(existsSync(own)).toBe(false);
    expect(await states()).toEqual(['done']);
  });

  it('F-UP21 a folder in place stays; freed it goes to the cache, and what is registered in it keeps it', async () => {
    const stays = await inPlace('stays');
    await lab.upload(stays.uid);
    expect(existsSync(stays.folder)).toBe(true);
    const goes = await inPlace('goes');
    const files = filesIn(goes.folder);
    await lab.uploadAndFree(goes.uid);
    expect(existsSync(goes.folder)).toBe(false);
    expect(sorted(filesIn(join(lab.context.folder, 'cache', goes.uid)))).toEqual(sorted(files));
    const shared = await inPlace('shared');
    await lab.save(join(shared.folder, 'a.txt'));
    await lab.uploadAndFree(shared.uid);
    expect(existsSync(join(shared.folder, 'sub', 'b.txt'))).toBe(true);
    expect(await states()).toEqual(['done', 'done', 'done']);
  });
});

/** A folder of a person in the managed one of this computer, saved where it is. */
async function inPlace(name: string): Promise<{ uid: string; folder: string }> {
  const folder = join(lab.local, name);
  mkdirSync(join(folder, 'sub'), { recursive: true });
  writeFileSync(join(folder, 'a.txt'), randomBytes(20));
  writeFileSync(join(folder, 'sub', 'b.txt'), randomBytes(20));
  return { uid: (await lab.save(folder)).uid, folder };
}

describe('F-UP21 a folder in place that is to be freed stays, and has its record', () => {
  it('where a program has a file of it open', async () => {
    const { uid, folder } = await inPlace('goes');
    const fd = openSync(join(folder, 'sub', 'b.txt'), 'a');
    const instrument = spawn('sleep', ['60'], { stdio: ['ignore', fd, 'ignore'] });
    closeSync(fd);
    await once(instrument, 'spawn');
    await lab.uploadAndFree(uid);
    instrument.kill();
    expect(existsSync(join(folder, 'sub', 'b.txt'))).toBe(true);
    expect((await lab.copies(uid)).map(({ root }) => root)).toContain(lab.local);
    expect(await states()).toEqual(['done']);
  });

  it('where somebody writes into it after the registry let it go', async () => {
    const { uid, folder } = await inPlace('goes');
    const { fs } = lab.context;
    const look = fs.look.bind(fs);
    const writer = { wrote: false };
    fs.look = async (path) => {
      const copies = writer.wrote ? [] : await lab.copies(uid);
      if (copies.length === 1 && copies[0]?.root !== lab.local) {
        writer.wrote = true;
        appendFileSync(join(folder, 'a.txt'), 'more');
      }
      return look(path);
    };
    await lab.uploadAndFree(uid);
    expect(writer.wrote).toBe(true);
    expect(readFileSync(join(folder, 'a.txt')).toString('latin1').endsWith('more')).toBe(true);
    expect((await lab.copies(uid)).map(({ root, verified_at: at }) => [root, at === null])).toContainEqual([
      lab.local,
      true,
    ]);
    expect(lab.cached()).toEqual([]);
    expect(await states()).toEqual(['done']);
  });
});

describe('a cache on another disk', () => {
  beforeEach(async ({ skip }) => {
    skip(!existsSync('/dev/shm'), 'no second disk');
    await lab.close();
    const root = `s3://${server().bucket}/folders-${String(folders++)}?endpoint_url=${server().endpoint}`;
    lab = await openCloudLab(root, { beside: '/dev/shm' });
  });
  const left = (): string[] => readdirSync(lab.local).filter((name) => name.startsWith('.benchkeep-'));

  it('F-UP22 what somebody writes into a folder in place while it goes is not lost', async () => {
    const { uid, folder } = await inPlace('goes');
    const { fs } = lab.context;
    const { moveProven, removeOwnFolder } = { ...fs };
    const writer = { wrote: false };
    const write = (from: string): void => {
      if (writer.wrote || from !== folder) return;
      writer.wrote = true;
      writeFileSync(join(folder, 'late.txt'), 'mine');
      appendFileSync(join(folder, 'a.txt'), 'more');
    };
    fs.moveProven = async (from, to, proven) => {
      // The folder itself is looked at again, the files in it are not.
      if (from === folder) appendFileSync(join(folder, 'a.txt'), 'more');
      await moveProven(from, to, proven);
      if (from === folder && !writer.wrote) {
        writer.wrote = true;
        writeFileSync(join(to, 'late.txt'), 'mine');
      }
    };
    fs.removeOwnFolder = (path) => {
      write(path);
      return removeOwnFolder(path);
    };
    await lab.uploadAndFree(uid);
    expect(writer.wrote).toBe(true);
    expect(readFileSync(join(folder, 'late.txt'), 'utf8')).toBe('mine');
    expect(readFileSync(join(folder, 'a.txt')).toString('latin1').endsWith('more')).toBe(true);
    expect(existsSync(join(folder, 'sub', 'b.txt'))).toBe(true);
    expect((await lab.copies(uid)).map(({ root }) => root)).toContain(lab.local);
    expect([await states(), left()]).toEqual([['done'], []]);
  });

  it('F-UP22 a folder in place whose program dies while it goes is whole in the cache at the next start', async () => {
    const { uid, folder } = await inPlace('goes');
    const files = filesIn(folder);
    const { fs } = lab.context;
    const { unlinkProven } = fs;
    let gone = 0;
    fs.unlinkProven = (path, proven) => (gone++ === 1 ? die() : unlinkProven(path, proven));
    await expect(lab.uploadAndFree(uid)).rejects.toThrow('died');
    fs.unlinkProven = unlinkProven;
    expect([await states(), left().length]).toEqual([['settling'], 1]);
    await lab.restart();
    await lab.goOn();
    expect([await states(), left(), existsSync(folder)]).toEqual([['done'], [], false]);
    expect(sorted(filesIn(join(lab.context.folder, 'cache', uid)))).toEqual(sorted(files));
    expect(lab.cached()).toEqual([uid]);
  });

  it('F-UP22 the folder is copied, proven, and only then gone from where it was', async () => {
    const { uid, own, files } = await kept(20);
    await lab.upload(uid);
    expect(existsSync(own)).toBe(false);
    expect(sorted(filesIn(join(lab.context.folder, 'cache', uid)))).toEqual(sorted(files));
    expect(lab.cached()).toEqual([uid]);
  });
});
