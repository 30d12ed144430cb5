/** What happens to files while they are registered. Each runs in a process of its own that is paused, killed or lied to. */
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newBase, runAct } from './run-act.ts';

let base: string;
beforeEach(() => {
  base = newBase();
});
afterEach(() => {
  rmSync(base, { recursive: true, force: true });
});
const put = (name: string, content: string | Buffer): string => {
  mkdirSync(dirname(join(base, name)), { recursive: true });
  writeFileSync(join(base, name), content);
  return join(base, name);
};
const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');
const MIB = 1024 * 1024;

describe('a file that moves while it is read', () => {
  it.each([
    [
      'F-IN05 is replaced by rename while it is hashed',
      'hash.read.before',
      (path: string) => {
        writeFileSync(`${path}.new`, 'B'.repeat(3 * MIB));
        renameSync(`${path}.new`, path);
      },
    ],
    [
      'F-IN05 is replaced by rename after it was hashed',
      'hash.read.after',
      (path: string) => {
        writeFileSync(`${path}.new`, 'B'.repeat(3 * MIB));
        renameSync(`${path}.new`, path);
      },
    ],
    [
      'F-IN06 is truncated while it is hashed',
      'hash.read.before',
      (path: string) => {
        truncateSync(path, 1000);
      },
    ],
    [
      'grows while it is hashed',
      'hash.read.after',
      (path: string) => {
        appendFileSync(path, 'more');
      },
    ],
    [
      'F-IN07 is changed after it was hashed and before its record',
      'register.hashed.before',
      (path: string) => {
        writeFileSync(path, 'C'.repeat(3 * MIB));
      },
    ],
  ])('%s: no record, then the new content', async (_, pauseAt, change) => {
    const path = put('lab/a.bin', 'A'.repeat(3 * MIB));
    const first = await runAct(
      base,
      { register: ['a.bin'] },
      {
        pauseAt,
        then: () => {
          change(path);
        },
      },
    );
    expect(first).toMatchObject({ result: [{ kind: 'changed' }], error: null, rows: [], inventory: [] });
    const now = sha256(execFileSync('cat', [path], { maxBuffer: 10 * MIB }));
    const second = await runAct(base, { register: ['a.bin'] });
    expect(second).toMatchObject({
      result: [{ kind: 'registered' }],
      rows: [{ sha256: now }],
      inventory: [{ sha256: now }],
    });
  });

  it('F-IN26 is deleted between the look and the reading: quietly gone', async () => {
    const path = put('lab/a.bin', 'A');
    put('lab/b.bin', 'B');
    const acted = await runAct(
      base,
      { register: ['a.bin', 'b.bin'] },
      {
        pauseAt: 'register.hashed.before',
        then: () => {
          rmSync(path);
        },
      },
    );
    expect(acted).toMatchObject({ result: [{ kind: 'changed' }, { kind: 'registered' }], rows: [{ key: 'b.bin' }] });
  });

  it.each(['hash.read.before', 'hash.read.after', 'fs.copyTemp.before', 'fs.copyTemp.after', 'fs.link.before'])(
    'is saved from outside as it was, or not at all, when it changes at %s',
    async (pauseAt) => {
      const path = put('outside/a.bin', 'A'.repeat(MIB));
      const acted = await runAct(
        base,
        { save: { paths: [path], key: 'a.bin' } },
        {
          pauseAt,
          then: () => {
            writeFileSync(path, 'B'.repeat(MIB));
          },
        },
      );
      const kept = readdirSync(join(base, 'lab/.lamindb')).filter(
        (name) => name.endsWith('.bin') || name.endsWith('.tmp'),
      );
      // Once its copy is whole and compared, what happens to the source concerns nobody.
      if (pauseAt === 'fs.link.before') expect(acted?.rows).toMatchObject([{ sha256: sha256('A'.repeat(MIB)) }]);
      else expect([acted?.error?.code, acted?.rows, kept]).toEqual(['file_changed', [], []]);
    },
  );
});

describe('a program that dies', () => {
  it('between the commit of the registry and that of the workstation: the next look knows the file', async () => {
    put('lab/a.csv', 'one');
    await runAct(base, {});
    expect(await runAct(base, { register: ['a.csv'] }, { failpoint: 'workstation.commit.before=kill' })).toBeNull();
    const again = await runAct(base, { register: ['a.csv'] });
    expect(again).toMatchObject({
      result: [{ kind: 'known' }],
      rows: [{ key: 'a.csv' }],
      inventory: [{ name: 'a.csv', sha256: sha256('one') }],
    });
    expect(again?.rows).toHaveLength(1);
  });

  it.each([
    ['fs.copyTemp.before', 0],
    ['fs.copyTemp.after', 0],
    ['fs.syncFile.after', 0],
    ['fs.link.after', 1],
    ['fs.unlink.after', 1],
    ['registry.commit.before', 1],
    ['registry.commit.after', 0],
  ])('at %s while it saves: nothing partial is left, and the next save is whole', async (point, orphans) => {
    await runAct(base, {});
    const path = put('outside/a.csv', 'one');
    const killed = await runAct(base, { save: { paths: [path], key: 'a.csv' } }, { failpoint: `${point}=kill` });
    expect(killed).toBeNull();
    const again = await runAct(base, { save: { paths: [path], key: 'a.csv' }, verify: true });
    expect(again?.verified?.failed).toEqual([]);
    expect(again).toMatchObject({ error: null, rows: [{ key: 'a.csv', state: 'ok', sha256: sha256('one') }] });
    expect(again?.rows).toHaveLength(1);
    const names = readdirSync(join(base, 'lab/.lamindb')).filter((name) => name !== 'storage_uid.txt');
    expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([]);
    // A whole copy without a record stays.
    expect(names.length).toBeLessThanOrEqual(1 + orphans);
  });

  it('leaves no half of a folder', async () => {
    await runAct(base, {});
    for (const name of ['a', 'b', 'c']) put(`outside/run/${name}.csv`, name);
    const path = join(base, 'outside/run');
    for (const point of ['fs.link.after#2', 'fs.copyTemp.after#3', 'fs.rename.before', 'fs.rename.after']) {
      expect(
        await runAct(base, { save: { paths: [path], key: 'run' } }, { failpoint: `${point}=kill` }),
        point,
      ).toBeNull();
      const after = await runAct(base, {});
      expect(after?.rows, point).toEqual([]);
      const left = readdirSync(join(base, 'lab/.lamindb')).filter((name) => name.endsWith('.tmp'));
      expect(left, point).toEqual([]);
    }
    expect(await runAct(base, { save: { paths: [path], key: 'run' }, verify: true })).toMatchObject({
      error: null,
      verified: { failed: [] },
      rows: [{ key: 'run' }],
    });
  });
});

/** Skipped aloud where the machine can't do it; `REQUIRE_ROOT_TESTS=1` makes that a failure. */
function needs(what: string, there: boolean): boolean {
  if (there || process.env['REQUIRE_ROOT_TESTS'] === '1') return true;
  console.warn(`skipped: needs ${what}`);
  return false;
}
const has = (program: string): boolean => {
  try {
    execFileSync('which', [program]);
    return true;
  } catch {
    return false;
  }
};
const isRoot = process.getuid?.() === 0;

describe.runIf(needs('strace', has('strace')))('a disk with errors', () => {
  it('F-IN28 is told with the place, and the file is never hashed as a short one', async () => {
    await runAct(base, {});
    const path = put('lab/a.bin', Buffer.alloc(4 * MIB, 'a'));
    put('lab/b.bin', Buffer.alloc(4 * MIB, 'b'));
    const under = [
      'strace',
      '-f',
      '-qq',
      '-o',
      '/dev/null',
      '-P',
      path,
      '-e',
      'trace=pread64',
      '-e',
      'inject=pread64:error=EIO:when=3',
    ];
    const acted = await runAct(base, { register: ['a.bin', 'b.bin'] }, { under });
    expect(acted).toMatchObject({
      result: [{ kind: 'failed', error: { code: 'io_error', retry: true } }, { kind: 'registered' }],
      rows: [{ key: 'b.bin' }],
    });
    expect(JSON.stringify(acted?.result)).toContain(`at byte ${String(2 * MIB)}`);
    expect(await runAct(base, { register: ['a.bin'] })).toMatchObject({ result: [{ kind: 'registered' }] });
  });
});

describe.runIf(needs('root and setpriv', isRoot && has('setpriv')))('somebody who may not read', () => {
  const under = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];

  it('F-IN17 is told so; siblings are registered, and it is taken when it can be read', async () => {
    chownSync(base, 65_534, 65_534);
    await runAct(base, {}, { under });
    const path = put('lab/a.csv', 'a');
    put('lab/b.csv', 'b');
    chmodSync(path, 0);
    const acted = await runAct(base, { register: ['a.csv', 'b.csv'] }, { under });
    expect(acted).toMatchObject({
      result: [{ kind: 'failed', error: { code: 'file_unreadable', retry: true } }, { kind: 'registered' }],
      rows: [{ key: 'b.csv' }],
    });
    chmodSync(path, 0o644);
    expect(await runAct(base, { register: ['a.csv'] }, { under })).toMatchObject({ result: [{ kind: 'registered' }] });
  });

  it('refuses to save where it may not write, in words', async () => {
    chownSync(base, 65_534, 65_534);
    await runAct(base, {}, { under });
    const path = put('outside/a.csv', 'a');
    for (const folder of ['lab', 'lab/.lamindb']) chownSync(join(base, folder), 0, 0);
    const acted = await runAct(base, { save: { paths: [path], key: 'a.csv' } }, { under });
    expect(acted).toMatchObject({ error: { code: 'read_only' }, rows: [] });
  });
});

describe.runIf(needs('root and unshare', isRoot && has('unshare')))('a full disk', () => {
  /** Runs `script` with the folder `at` of the base on a disk of `size`, in a mount namespace of its own. */
  const onSmallDisk = (at: string, size: string, fill = ''): string[] => [
    'unshare',
    '-m',
    'sh',
    '-c',
    `mount -t tmpfs -o size=${size} tmpfs "${join(base, at)}" && cp -a "${join(base, `${at}.before`)}/." "${join(base, at)}" && ${fill === '' ? 'true' : fill} && exec "$@"`,
    'sh',
  ];

  it('F-DB05 while copying: the temporary file is gone, the source is untouched, it is told in words', async () => {
    await runAct(base, {});
    renameSync(join(base, 'lab'), join(base, 'lab.before'));
    mkdirSync(join(base, 'lab'));
    const large = put('outside/large.bin', Buffer.alloc(3 * MIB, 'x'));
    const small = put('outside/small.bin', Buffer.alloc(MIB, 'y'));
    // Before a byte is written.
    const refused = await runAct(
      base,
      { save: { paths: [large], key: 'large.bin' } },
      { under: onSmallDisk('lab', '2m') },
    );
    expect(refused).toMatchObject({ error: { code: 'disk_full' }, rows: [] });
    expect(refused?.error?.message).toMatch(/not enough space .* are needed/);
    // What fits still goes in.
    expect(
      await runAct(base, { save: { paths: [small], key: 'small.bin' } }, { under: onSmallDisk('lab', '2m') }),
    ).toMatchObject({ error: null });
    expect(existsSync(large)).toBe(true);
  });

  it('F-DB05 in the middle of the copy: nothing of it is left', async () => {
    await runAct(base, {});
    renameSync(join(base, 'lab'), join(base, 'lab.before'));
    mkdirSync(join(base, 'lab'));
    const path = put('outside/a.bin', Buffer.alloc(3 * MIB, 'x'));
    const listing = join(base, 'listing');
    // Another program takes the space after it was looked at.
    const filler = `(while [ ! -e "${join(base, 'gate.reached')}" ]; do sleep 0.01; done; head -c 3m /dev/zero > "${join(base, 'lab/other')}"; touch "${join(base, 'gate')}")`;
    const script = join(base, 'run.sh');
    writeFileSync(
      script,
      `mount -t tmpfs -o size=4m tmpfs "${join(base, 'lab')}"\ncp -a "${join(base, 'lab.before')}/." "${join(base, 'lab')}"\n${filler} &\n"$@"\ncode=$?\nls -A "${join(base, 'lab/.lamindb')}" > "${listing}"\nexit $code\n`,
    );
    const acted = await runAct(
      base,
      { save: { paths: [path], key: 'a.bin' } },
      { under: ['unshare', '-m', 'sh', script], failpoint: `fs.copyTemp.before=pause:${join(base, 'gate')}` },
    );
    expect(acted).toMatchObject({ error: { code: 'disk_full' }, rows: [] });
    expect(execFileSync('cat', [listing], { encoding: 'utf8' })).toBe('storage_uid.txt\n');
    expect(existsSync(path)).toBe(true);
  });

  it('F-DB04 in a transaction: rolled back and told in words; with space again it is written', async () => {
    await runAct(base, {});
    renameSync(join(base, 'home'), join(base, 'home.before'));
    mkdirSync(join(base, 'home'), { mode: 0o700 });
    const names = Array.from({ length: 1500 }, (_, i) => `${String(i)}-${'long name '.repeat(15)}.csv`);
    for (const name of names) put(`lab/${name}`, name);
    const script = join(base, 'run.sh');
    writeFileSync(
      script,
      `mount -t tmpfs -o size=3m,mode=0700 tmpfs "${join(base, 'home')}"\ncp -a "${join(base, 'home.before')}/." "${join(base, 'home')}"\n"$@"\ncode=$?\nmkdir -p "${join(base, 'home.after')}"\ncp -a "${join(base, 'home')}/." "${join(base, 'home.after')}"\nexit $code\n`,
    );
    const acted = await runAct(base, { register: names }, { under: ['unshare', '-m', 'sh', script] });
    expect(acted?.error).toMatchObject({ code: 'disk_full' });
    const written = acted?.rows.length ?? 0;
    expect(written % 250).toBe(0);
    expect(written).toBeLessThan(names.length);
    rmSync(join(base, 'home'), { recursive: true });
    renameSync(join(base, 'home.after'), join(base, 'home'));
    const again = await runAct(base, { register: names, verify: true });
    expect(again?.verified?.failed).toEqual([]);
    expect(again?.error).toBeNull();
    expect(again?.rows).toHaveLength(names.length);
  }, 60_000);
});
