/** What may go wrong between a file here and its copy in a bucket: nothing is believed, moved or forgotten too early. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BenchkeepError } from '../../shared/errors.ts';
import { cacheArtifact, deleteArtifacts, replaceArtifact } from '../../src-main/artifacts/index.ts';
import { cancelTransfers, markCloudCopy } from '../../src-main/transfers/index.ts';
import { ended } from '../artifacts/open-artifacts.ts';
import { useS3 } from '../stores/use-s3.ts';
import { die, openCloudLab, type CloudLab, type Hook } from './open-cloud-lab.ts';

const server = useS3('versitygw');
const LARGE = 40 * 1024 ** 2;
let lab: CloudLab;
let folders = 0;

beforeEach(async () => {
  for (const [name, value] of Object.entries(server().env)) process.env[name] = String(value);
  lab = await openCloudLab(`s3://${server().bucket}/upload-${String(folders++)}?endpoint_url=${server().endpoint}`);
});
afterEach(() => lab.close());

/** A file saved into the folder on this computer. */
async function kept(name = 'a.fcs', content = randomBytes(1000)): Promise<{ uid: string; own: string; bytes: Buffer }> {
  const { uid } = await lab.save(lab.put(name, content), { key: name });
  return { uid, own: join(lab.local, '.lamindb', `${uid}.fcs`), bytes: content };
}

/** Only of objects that are content, so many times; then the calls go through. */
function times(n: number, hook: Hook): Hook {
  let left = n;
  return (key) => {
    if (key.endsWith('.txt') || left === 0) return undefined;
    left -= 1;
    return hook(key);
  };
}

/** As after a start of the computer at which its disks were found in another order. */
const diskHadAnotherNumber = (): Promise<unknown> =>
  lab.context.workstation.db
    .updateTable('transfer')
    .set({ facts: sql`json_set(facts, '$.dev', '1')` })
    .execute();

const states = async (): Promise<string[]> => (await lab.transfers()).map(({ state }) => state);

describe('saved into the cloud', () => {
  it('a number under which other content was begun is not used for this one', async () => {
    await lab.save(lab.put('1.fcs'), { key: 'k.fcs', upload: true });
    lab.before('put', times(1, die));
    await expect(lab.save(lab.put('2.fcs'), { key: 'k.fcs', upload: true })).rejects.toThrow('died');
    await lab.restart();
    const content = randomBytes(1000);
    const { uid, is_latest } = await lab.save(lab.put('3.fcs', content), { key: 'k.fcs', upload: true });
    expect([is_latest, (await lab.object(uid))?.equals(content)]).toEqual([true, true]);
  });

  it('the same content twice at once is one artifact, and its object stays', async () => {
    const content = randomBytes(5000);
    const paths = [lab.put('1.fcs', content), lab.put('2.fcs', content), lab.put('3.fcs', content)];
    const saved = await Promise.all(paths.map((path) => lab.save(path, { key: 'same.fcs', upload: true })));
    expect(new Set(saved.map(({ uid }) => uid)).size).toBe(1);
    expect((await lab.object(saved[0]?.uid ?? ''))?.equals(content)).toBe(true);
    const objects = [];
    for await (const { key } of (await lab.store()).list('.lamindb/')) if (key.endsWith('.fcs')) objects.push(key);
    expect(objects).toHaveLength(1);
  });

  it('begun under one ending and saved again under another, its object has the right one', async () => {
    const content = randomBytes(1000);
    lab.before('put', times(1, die));
    await expect(lab.save(lab.put('a.fcs', content), { key: 'a.fcs', upload: true })).rejects.toThrow('died');
    await lab.restart();
    const { uid } = await lab.save(lab.put('a.csv', content), { key: 'a.csv', upload: true });
    expect((await lab.object(uid, '.csv'))?.equals(content)).toBe(true);
  });

  it('verified, gone before it was recorded, and saved again: it is sent again', async () => {
    const content = randomBytes(1000);
    const path = lab.put('a.fcs', content);
    // Dies between the proof and the record.
    lab.after('stat', (key) => (key.endsWith('.fcs') ? die() : undefined));
    await expect(lab.save(path, { key: 'a.fcs', upload: true })).rejects.toThrow('died');
    lab.after('stat', null);
    const [row] = await lab.transfers();
    await lab.context.workstation.db.updateTable('transfer').set({ state: 'verified' }).execute();
    await (await lab.store()).delete(row?.path.toString() ?? '');
    await lab.restart();
    const { uid } = await lab.save(path, { key: 'a.fcs', upload: true });
    expect((await lab.object(uid))?.equals(content)).toBe(true);
  });

  it('a file in a folder of this computer stays there and is in the cloud as well', async () => {
    const path = lab.put('local/output.bam');
    const { uid } = await lab.save(path, { upload: true });
    expect((await lab.copies(uid)).map(({ root }) => root).sort()).toEqual([lab.local, (await lab.bucket()).root]);
    expect((await lab.object(uid, '.bam'))?.equals(readFileSync(path))).toBe(true);
  });
});

describe('uploaded', () => {
  it('F-UP11 gone before its copy here moves: nothing moves, the registry stops naming it, and it is sent again', async () => {
    const { uid, own, bytes } = await kept();
    const store = await lab.store();
    // The second look at it is the proof before the copy here is touched.
    let looks = 0;
    lab.before('stat', async (key) => {
      if (key.endsWith('.fcs') && ++looks === 2) await store.delete(key);
    });
    await expect(lab.upload(uid)).rejects.toMatchObject({ code: 'file_changed' });
    expect(readFileSync(own).equals(bytes)).toBe(true);
    expect((await lab.copies(uid)).map(({ root }) => root)).toEqual([lab.local]);
    expect(await lab.artifact(uid)).toEqual({ state: 'ok', state_reason: null, root: lab.local });
    expect(await states()).toEqual(['planned']);
    lab.before('stat', null);
    await lab.goOn();
    expect(await states()).toEqual(['done']);
    expect((await lab.object(uid))?.equals(bytes)).toBe(true);
    expect(existsSync(own)).toBe(false);
  });

  it('F-UP11 replaced by others before its copy here moves: nothing moves, and what they put there stays', async () => {
    const { uid, own, bytes } = await kept();
    const store = await lab.store();
    const other = Buffer.from('of somebody else');
    let looks = 0;
    lab.before('stat', async (key) => {
      if (key.endsWith('.fcs') && ++looks === 2) await store.put(key, other);
    });
    await expect(lab.upload(uid)).rejects.toMatchObject({ code: 'file_changed' });
    expect(readFileSync(own).equals(bytes)).toBe(true);
    expect((await lab.copies(uid)).map(({ root }) => root)).toEqual([lab.local]);
    expect(await states()).toEqual(['cancelled']);
    expect((await lab.object(uid))?.equals(other)).toBe(true);
  });

  it('F-UP11 gone after the registry let its copy here go, and before that moved: the registry names it again', async () => {
    const { uid, own, bytes } = await kept();
    const { fs } = lab.context;
    const moveProven = fs.moveProven.bind(fs);
    fs.moveProven = () => Promise.reject(new Error('the program died'));
    await expect(lab.upload(uid)).rejects.toThrow('died');
    expect((await lab.copies(uid)).map(({ root }) => root)).toEqual([(await lab.bucket()).root]);
    fs.moveProven = moveProven;
    await lab.restart();
    await (await lab.store()).delete(`.lamindb/${uid}.fcs`);
    await lab.goOn();
    expect((await lab.copies(uid)).map(({ root }) => root)).toEqual([lab.local]);
    expect(readFileSync(own).equals(bytes)).toBe(true);
    await lab.goOn();
    expect((await lab.object(uid))?.equals(bytes)).toBe(true);
    expect(lab.cached()).toEqual([`${uid}.fcs`]);
  });

  it('its drive away when its copy here is to move: it waits, and moves when the drive is back', async () => {
    const { uid, own } = await kept();
    let looks = 0;
    lab.after('stat', (key) => {
      if (key.endsWith('.fcs') && ++looks === 1) renameSync(lab.local, `${lab.local}-away`);
    });
    await expect(lab.upload(uid)).rejects.toMatchObject({ code: 'offline' });
    expect(await states()).toEqual(['settling']);
    renameSync(`${lab.local}-away`, lab.local);
    await lab.upload(uid);
    expect([await states(), existsSync(own), lab.cached()]).toEqual([['done'], false, [`${uid}.fcs`]]);
  });

  it('F-UP14 removed by a person while it is sent: what was open is read to its end, and is in the cloud', async () => {
    const { uid, own, bytes } = await kept('a.fcs', randomBytes(LARGE));
    lab.before(
      'send',
      times(1, () => rmSync(own)),
    );
    await lab.upload(uid);
    expect([(await lab.object(uid))?.equals(bytes), await states()]).toEqual([true, ['done']]);
  });

  it('F-UP14 its drive away before it is sent: it waits; removed by a person: it is over, and says so', async () => {
    const { uid, own } = await kept('a.fcs', randomBytes(LARGE));
    lab.before(
      'begin',
      times(1, () => renameSync(lab.local, `${lab.local}-away`)),
    );
    await expect(lab.upload(uid)).rejects.toMatchObject({ code: 'offline' });
    expect(await states()).toEqual(['sending']);
    renameSync(`${lab.local}-away`, lab.local);
    lab.before(
      'received',
      times(1, () => rmSync(own)),
    );
    await expect(lab.upload(uid)).rejects.toMatchObject({ code: 'file_not_found' });
    expect(await states()).toEqual(['cancelled']);
    expect(JSON.parse((await lab.transfers())[0]?.error ?? '{}')).toMatchObject({ code: 'file_not_found' });
  });

  it('F-UP13 its file changed while it is sent: nothing is uploaded, and the file stays', async () => {
    const { uid, own } = await kept('a.fcs', randomBytes(LARGE));
    lab.before(
      'send',
      times(1, () => writeFileSync(own, 'worked on')),
    );
    await expect(lab.upload(uid)).rejects.toMatchObject({ code: 'file_changed' });
    expect([await lab.object(uid), await states(), readFileSync(own, 'utf8')]).toEqual([
      null,
      ['cancelled'],
      'worked on',
    ]);
    const unfinished = [];
    for await (const upload of (await lab.store()).uploads.list('')) unfinished.push(upload);
    expect(unfinished).toEqual([]);
  });

  it('F-UP13 its rights changed, or a link made to it, while it is sent: the same upload goes on', async () => {
    const { uid, own, bytes } = await kept('a.fcs', randomBytes(LARGE));
    let [sends, begun] = [0, 0];
    lab.before('send', () => {
      if (++sends === 2) linkSync(own, join(lab.base, 'backup'));
    });
    lab.before('begin', () => void begun++);
    await lab.upload(uid);
    expect([await states(), begun]).toEqual([['done'], 1]);
    expect((await lab.object(uid))?.equals(bytes)).toBe(true);
  });

  it.each(['send', 'complete'] as const)(
    'F-DB02 the computer was started again, and its disk has another number: the same upload goes on (%s)',
    async (verb) => {
      const { uid, own, bytes } = await kept('a.fcs', randomBytes(LARGE));
      lab.before(verb, times(1, die));
      await expect(lab.upload(uid)).rejects.toThrow('died');
      await diskHadAnotherNumber();
      await lab.restart();
      await lab.upload(uid);
      expect(await states()).toEqual(['done']);
      expect((await lab.object(uid))?.equals(bytes)).toBe(true);
      expect([lab.cached(), existsSync(own)]).toEqual([[`${uid}.fcs`], false]);
    },
  );

  it('F-DB02 sent before the computer was started again, and its disk has another number: it settles all the same', async () => {
    const { uid, own } = await kept('a.fcs');
    lab.after('stat', async (key) => {
      const [row] = await lab.transfers();
      if (key.includes(uid) && row?.state === 'settling') die();
    });
    await expect(lab.upload(uid)).rejects.toThrow('died');
    lab.after('stat', null);
    await diskHadAnotherNumber();
    await lab.restart();
    await lab.upload(uid);
    expect([await states(), lab.cached(), existsSync(own)]).toEqual([['done'], [`${uid}.fcs`], false]);
    await lab.context.workstation.db
      .updateTable('cached')
      .set({ facts: sql`json_set(facts, '$.dev', '1')` })
      .execute();
    lab.before('readRange', () => {
      throw new Error('fetched');
    });
    await ended(cacheArtifact(lab.context, { artifact: uid }));
  });

  it('renamed before it is sent, and followed by the registry: it goes on from its new name', async () => {
    const content = randomBytes(LARGE);
    const path = lab.put('local/run/a.fcs', content);
    const { uid } = await lab.save(path);
    await lab.look();
    lab.before(
      'received',
      times(1, async () => {
        renameSync(path, join(lab.local, 'run', 'b.fcs'));
        await lab.look();
      }),
    );
    await lab.upload(uid);
    expect(await states()).toEqual(['done']);
    expect((await lab.object(uid))?.equals(content)).toBe(true);
    expect((await lab.transfers())[0]?.source.toString()).toBe(join(lab.local, 'run', 'b.fcs'));
  });

  it('F-UP13 its file changed, and the store away when its parts are to go: it is over for what happened first', async () => {
    const { uid, own } = await kept('a.fcs', randomBytes(LARGE));
    lab.before(
      'send',
      times(1, () => writeFileSync(own, 'worked on')),
    );
    lab.before('abort', () => {
      throw new BenchkeepError('offline', 'The store is away', 'Wait.', { retry: true });
    });
    await expect(lab.upload(uid)).rejects.toMatchObject({ code: 'file_changed' });
    expect(await states()).toEqual(['cancelled']);
  });

  it('deleted while it is sent: no record comes back, and no object stays', async () => {
    const { uid } = await kept();
    const deleting = Promise.withResolvers<unknown>();
    lab.before(
      'put',
      times(1, () => {
        deleting.resolve(deleteArtifacts(lab.context, { artifacts: [uid], storage: false }));
      }),
    );
    await lab.upload(uid).catch(() => undefined);
    await deleting.promise;
    expect([await lab.object(uid), await states()]).toEqual([null, ['cancelled']]);
    expect(await lab.context.registry.db.selectFrom('artifact').select('uid').execute()).toEqual([]);
  });

  it('what a person put into the cache under its name is neither lost nor taken for it', async () => {
    const { uid, own, bytes } = await kept();
    mkdirSync(join(lab.context.folder, 'cache'), { recursive: true, mode: 0o700 });
    writeFileSync(join(lab.context.folder, 'cache', `${uid}.fcs`), 'work of a person');
    await lab.upload(uid);
    expect(readFileSync(join(lab.context.folder, 'cache', `${uid}.fcs`), 'utf8')).toBe('work of a person');
    // The copy here stays, and the registry knows of it.
    expect(readFileSync(own).equals(bytes)).toBe(true);
    expect((await lab.copies(uid)).map(({ root }) => root)).toContain(lab.local);
  });

  it('another content can’t be put under it any more; the next version can', async () => {
    const { uid } = await kept();
    await lab.upload(uid);
    const path = lab.put('b.fcs');
    await expect(ended(replaceArtifact(lab.context, { artifact: uid, path }))).rejects.toMatchObject({
      code: 'refused',
      remedy: expect.stringContaining('--revises') as string,
    });
    expect((await lab.save(path, { revises: uid, upload: true })).uid.slice(0, 16)).toBe(uid.slice(0, 16));
  });

  it('replaced while it is sent: what was replaced is not recorded as its copy', async () => {
    const { uid, own } = await kept();
    const content = randomBytes(2000);
    lab.before(
      'put',
      times(1, async () => {
        await ended(replaceArtifact(lab.context, { artifact: uid, path: lab.put('b.fcs', content) }));
      }),
    );
    await expect(lab.upload(uid)).rejects.toMatchObject({ code: 'file_changed' });
    expect((await lab.copies(uid)).map(({ root }) => root)).toEqual([lab.local]);
    expect(readFileSync(own).equals(content)).toBe(true);
    // Nor is it in the way of what it is now.
    expect([await states(), await lab.object(uid)]).toEqual([['planned'], null]);
    await lab.upload(uid);
    expect([await states(), (await lab.object(uid))?.equals(content)]).toEqual([['done'], true]);
    expect(readFileSync(join(lab.context.folder, 'cache', `${uid}.fcs`)).equals(content)).toBe(true);
  });

  it('in the cloud by the time that its new content was read: it is not replaced', async () => {
    const { uid, bytes } = await kept();
    const { hasher } = lab.context;
    const uploaded = Promise.withResolvers<undefined>();
    const slow: typeof hasher = {
      ...hasher,
      async hashFiles(...args) {
        await uploaded.promise;
        return hasher.hashFiles(...args);
      },
    };
    const replacing = ended(
      replaceArtifact({ ...lab.context, hasher: slow }, { artifact: uid, path: lab.put('b.fcs') }),
    );
    const refused = expect(replacing).rejects.toMatchObject({ code: 'refused' });
    await lab.upload(uid);
    uploaded.resolve(undefined);
    await refused;
    expect([await states(), (await lab.object(uid))?.equals(bytes)]).toEqual([['done'], true]);
    expect((await lab.copies(uid)).map(({ root }) => root)).toEqual([(await lab.bucket()).root]);
  });

  it.each(['cancelled', 'deleted'])('replaced while it is sent it can be %s', async (how) => {
    const { uid, own } = await kept();
    lab.before(
      'put',
      times(1, async () => {
        await ended(replaceArtifact(lab.context, { artifact: uid, path: lab.put('b.fcs') }));
      }),
    );
    await expect(lab.upload(uid)).rejects.toMatchObject({ code: 'file_changed' });
    if (how === 'cancelled') await cancelTransfers(lab.context, { ids: null });
    else await deleteArtifacts(lab.context, { artifacts: [uid], storage: true });
    expect([await states(), await lab.object(uid), existsSync(own)]).toEqual([
      ['cancelled'],
      null,
      how === 'cancelled',
    ]);
  });

  it('replaced after it was verified by a program that died: what it is now is uploaded', async () => {
    const { uid } = await kept();
    const died = times(1, die);
    lab.after('stat', async (key) => ((await lab.object(uid)) === null ? undefined : died(key)));
    await expect(lab.upload(uid)).rejects.toThrow('died');
    lab.after('stat', null);
    await lab.context.workstation.db.updateTable('transfer').set({ state: 'verified' }).execute();
    await lab.restart();
    const content = randomBytes(2000);
    await ended(replaceArtifact(lab.context, { artifact: uid, path: lab.put('b.csv', content) }));
    await lab.upload(uid);
    expect([await states(), await lab.object(uid)]).toEqual([['done'], null]);
    expect((await lab.object(uid, '.csv'))?.equals(content)).toBe(true);
  });

  it('F-UP21 a file in place that is to be freed stays where a program has it open', async () => {
    const path = lab.put('local/output.bam');
    const { uid } = await lab.save(path);
    const fd = openSync(path, 'a');
    const instrument = spawn('sleep', ['60'], { stdio: ['ignore', fd, 'ignore'] });
    closeSync(fd);
    await once(instrument, 'spawn');
    await lab.uploadAndFree(uid);
    instrument.kill();
    expect([existsSync(path), lab.cached(), await states()]).toEqual([true, [], ['done']]);
    expect((await lab.copies(uid)).map(({ root }) => root)).toContain(lab.local);
  });

  it('F-UP21 written into after the registry let it go, it stays and has its record again', async () => {
    const path = lab.put('local/output.bam');
    const { uid } = await lab.save(path);
    await lab.look();
    const { fs } = lab.context;
    const look = fs.look.bind(fs);
    const writer = { wrote: false };
    fs.look = async (at) => {
      const copies = writer.wrote ? [] : await lab.copies(uid);
      if (copies.length === 1 && copies[0]?.root !== lab.local) {
        writer.wrote = true;
        writeFileSync(path, 'worked on');
      }
      return look(at);
    };
    await lab.uploadAndFree(uid);
    fs.look = look;
    expect([writer.wrote, readFileSync(path, 'utf8'), lab.cached(), await states()]).toEqual([
      true,
      'worked on',
      [],
      ['done'],
    ]);
    expect((await lab.copies(uid)).map(({ root }) => root)).toContain(lab.local);
    // What it is now is its next version.
    await lab.look();
    const versions = await lab.context.registry.db.selectFrom('artifact').select('stem_uid').execute();
    expect(versions.map(({ stem_uid }) => stem_uid)).toEqual([uid.slice(0, 16), uid.slice(0, 16)]);
  });

  it('F-UP11 gone with everything that was here it is missing; back in the bucket and fetched it is right again', async () => {
    const { uid, own, bytes } = await kept();
    const { fs } = lab.context;
    const moveProven = fs.moveProven.bind(fs);
    fs.moveProven = () => Promise.reject(new Error('the program died'));
    await expect(lab.upload(uid)).rejects.toThrow('died');
    fs.moveProven = moveProven;
    await lab.restart();
    rmSync(own);
    const store = await lab.store();
    await store.delete(`.lamindb/${uid}.fcs`);
    await lab.goOn();
    expect(await lab.artifact(uid)).toMatchObject({ state: 'missing', state_reason: 'cloud-gone' });
    await store.put(`.lamindb/${uid}.fcs`, bytes);
    const { path } = await ended(cacheArtifact(lab.context, { artifact: uid }));
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(await lab.artifact(uid)).toMatchObject({ state: 'ok', state_reason: null });
  });

  it('F-UP11 gone from the bucket, and uploaded again from here, nothing is said of it in the inbox any more', async () => {
    const path = join(lab.local, 'in-place.fcs');
    writeFileSync(path, randomBytes(1000));
    const { uid } = await lab.save(path);
    await lab.upload(uid);
    await (await lab.store()).delete(`.lamindb/${uid}.fcs`);
    const storage = await lab.bucket();
    const copy = (await lab.copies(uid)).find(({ root }) => root === storage.root);
    if (copy === undefined) throw new Error('no copy');
    // As whoever fetches it finds.
    await markCloudCopy(lab.context, { id: copy.artifact_id, uid }, { copy, storage }, 'cloud-gone');
    const inbox = (): Promise<{ cause: string | null }[]> =>
      lab.context.workstation.db.selectFrom('inbox').select('cause').execute();
    expect(await inbox()).toHaveLength(1);
    await lab.upload(uid);
    expect(await inbox()).toEqual([]);
    expect((await lab.object(uid))?.equals(readFileSync(path))).toBe(true);
  });

  it('found to be changed here while it was sent: what is in the bucket is given out, never what is here', async () => {
    const { uid, own, bytes } = await kept();
    lab.after(
      'put',
      times(1, async () => {
        writeFileSync(own, randomBytes(1000));
        const { db } = lab.context.registry;
        await db.updateTable('artifact').set({ state: 'changed', state_reason: 'damaged' }).execute();
      }),
    );
    await lab.upload(uid);
    expect(await lab.artifact(uid)).toMatchObject({ state: 'ok' });
    expect((await lab.copies(uid)).map(({ root, verified_at: at }) => [root, at === null])).toEqual([
      [lab.local, true],
      [(await lab.bucket()).root, false],
    ]);
    const { path } = await ended(cacheArtifact(lab.context, { artifact: uid }));
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  it('in place: a later edit is its next version; away and back it is the same', async () => {
    const path = lab.put('local/run/output.bam');
    const { uid } = await lab.save(path);
    await lab.look();
    await lab.upload(uid);
    renameSync(path, join(lab.base, 'elsewhere'));
    await lab.look();
    // The hold is over: it is gone from here.
    await lab.context.workstation.db.updateTable('inventory').set({ gone_since: '2020-01-01T00:00:00.000Z' }).execute();
    await lab.look();
    expect((await lab.copies(uid)).map(({ root }) => root)).toEqual([(await lab.bucket()).root]);
    expect((await lab.artifact(uid)).state).toBe('ok');
    copyFileSync(join(lab.base, 'elsewhere'), path);
    await lab.look();
    expect((await lab.copies(uid)).map(({ root }) => root).sort()).toEqual([lab.local, (await lab.bucket()).root]);
    writeFileSync(path, 'worked on');
    await lab.look();
    const versions = await lab.context.registry.db.selectFrom('artifact').select('stem_uid').execute();
    expect(versions.map(({ stem_uid }) => stem_uid)).toEqual([uid.slice(0, 16), uid.slice(0, 16)]);
    expect((await lab.artifact(uid)).state).toBe('ok');
  });

  it('F-UP20 its bucket given to another instance meanwhile: nothing is written there', async () => {
    const { uid, own } = await kept();
    const store = await lab.store();
    const marker = '.lamindb/storage_uid.txt';
    const facts = await store.stat(marker);
    const text = (await store.readRange(marker, 0, facts?.size ?? 0)).toString().replace(/^\w+/, 'AnotherOnesU');
    lab.before('put', () => Promise.reject(new Error('nothing may be put')));
    await store.put(marker, Buffer.from(text));
    await expect(lab.upload(uid)).rejects.toMatchObject({ code: 'storage_managed_elsewhere' });
    expect(existsSync(own)).toBe(true);
  });
});
