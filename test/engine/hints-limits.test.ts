/** The limits of the system, each in a process that has its own: nothing of the computer's own settings is touched. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WatchProblem } from '../../src-main/watching/index.ts';
import { temporaryFolder } from './watch-for-hints.ts';

const FOLDERS = 60;
const allowed = canLimit();
if (!allowed) {
  const message =
    'SKIPPED: no process here may have limits of its own (unshare -Urm); F-WA01 and F-WA02 are not tested';
  if (process.env['REQUIRE_ROOT_TESTS'] === '1') throw new Error(message);
  console.warn(message);
}

function canLimit(): boolean {
  if (process.platform !== 'linux') return false;
  const tried = spawnSync('unshare', [
    '-Ur',
    'sh',
    '-c',
    'echo 20 > /proc/sys/user/max_inotify_watches && prlimit --version',
  ]);
  return tried.status === 0;
}

let root: string;
let child: ChildProcess;
let problems: WatchProblem[];
let hints: Set<string>;

/** Watches `root` in a process of its own, begun by `setup` in a namespace of its own. */
function watchLimited(setup: string, prefix = ''): void {
  const program = join(root, '..', `${root.split('/').at(-1) ?? ''}.mjs`);
  const client = JSON.stringify(new URL('../../src-main/engine/hint-client.ts', import.meta.url).href);
  writeFileSync(
    program,
    `const { hintThread } = await import(${client});
    const { openSync, closeSync } = await import('node:fs');
    const { execSync } = await import('node:child_process');
    const open = [];
    process.stdin.on('data', (order) => {
      if (order.includes('mount')) say({ paths: [execSync(String(order)) && 'mounted'] });
      else if (order.includes('free')) for (const file of open.splice(0)) closeSync(file);
      else try { for (;;) open.push(openSync('/dev/null')); } catch { say({ paths: ['filled'] }); }
    });
    const say = (message) => { process.stdout.write(JSON.stringify(message) + '\\n'); };
    hintThread({ probeEvery: 200 }).watch(${JSON.stringify(root)}, (paths) => say({ paths }), (problem) => say({ problem }));`,
  );
  const command = `${setup} exec ${prefix} "$0" "$1"`;
  child = spawn('unshare', ['-Urm', 'sh', '-c', command, process.execPath, program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let rest = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const message = JSON.parse(line) as { paths?: string[]; problem?: WatchProblem };
      for (const path of message.paths ?? []) hints.add(path);
      if (message.problem) problems.push(message.problem);
    }
  });
}

async function problem(kind: WatchProblem['kind']): Promise<WatchProblem> {
  return vi.waitFor(
    () => {
      const found = problems.find((candidate) => candidate.kind === kind);
      if (found === undefined) throw new Error(`no ${kind}, only ${JSON.stringify(problems)}`);
      return found;
    },
    { timeout: 15_000, interval: 20 },
  );
}

describe.skipIf(!allowed)('limits of the system', () => {
  beforeEach(() => {
    problems = [];
    hints = new Set();
    root = temporaryFolder();
    for (let i = 0; i < FOLDERS; i++) mkdirSync(join(root, `run ${String(i)}`));
  });
  afterEach(async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    rmSync(`${root}.mjs`);
    rmSync(root, { recursive: true });
  });

  it('F-WA01: too few watches for all folders are told once, in plain words, and what is watched gives hints', async () => {
    watchLimited('echo 20 > /proc/sys/user/max_inotify_watches;');
    const { reason } = await problem('limit');
    expect(reason).toMatch(
      /^This computer watches no more folders \(limit fs\.inotify\.max_user_watches\); files are still found by looking every minute\./,
    );
    expect(reason).toContain('sudo sysctl fs.inotify.max_user_watches=');
    await vi.waitFor(() => {
      expect(hints).toContain(root);
    }, 45_000);
    writeFileSync(join(root, 'in the root.csv'), 'x');
    await vi.waitFor(() => {
      expect(hints).toContain(join(root, 'in the root.csv'));
    }, 45_000);
    expect(problems).toHaveLength(1);
  });

  it('F-WA01: is over when there is room again', async () => {
    watchLimited('echo 40 > /proc/sys/user/max_inotify_watches;');
    await problem('limit');
    for (let i = 0; i < FOLDERS - 20; i++) rmSync(join(root, `run ${String(i)}`), { recursive: true });
    expect((await problem('overflow')).reason).toContain('watches all folders again');
    writeFileSync(join(root, `run ${String(FOLDERS - 1)}`, 'x.csv'), 'x');
    await vi.waitFor(() => {
      expect(hints).toContain(join(root, `run ${String(FOLDERS - 1)}`, 'x.csv'));
    }, 45_000);
  });

  it('F-WA01: is noticed before a folder is missed, when all are watched and no further one can be', async () => {
    watchLimited(`echo ${String(FOLDERS + 1)} > /proc/sys/user/max_inotify_watches;`);
    await problem('limit');
  });

  it('F-WA02: no watcher at all is told', async () => {
    watchLimited('echo 0 > /proc/sys/user/max_inotify_instances;');
    expect((await problem('limit')).reason).toMatch(
      /^This computer starts no more watchers \(limit fs\.inotify\.max_user_instances/,
    );
  });

  it('F-WA02: too few open files are told, and are over when there is room again', async () => {
    watchLimited('', 'prlimit --nofile=200');
    await vi.waitFor(() => {
      expect(hints).toContain(root);
    }, 45_000);
    child.stdin?.write('fill\n');
    await vi.waitFor(() => {
      expect(hints).toContain('filled');
    }, 45_000);
    mkdirSync(join(root, 'new', 'below'), { recursive: true });
    const { reason } = await problem('limit');
    expect(reason).toContain('of open files); files are still found by looking every minute');
    child.stdin?.write('free\n');
    await problem('overflow');
    writeFileSync(join(root, 'new', 'below', 'x.csv'), 'x');
    await vi.waitFor(() => {
      expect(hints).toContain(join(root, 'new', 'below', 'x.csv'));
    }, 45_000);
  });

  it('another drive at the path of the root is watched in its stead', async () => {
    watchLimited('');
    await vi.waitFor(() => {
      expect(hints).toContain(root);
    }, 45_000);
    // Mounting tells nobody; within the folder nothing happens.
    child.stdin?.write(`mount -t tmpfs none '${root}'; mkdir '${root}/new'\n`);
    await problem('overflow');
    hints.clear();
    child.stdin?.write(`touch '${root}/new/mounted.csv'\n`);
    await vi.waitFor(() => {
      expect(hints).toContain(join(root, 'new', 'mounted.csv'));
    }, 45_000);
    problems.length = 0;
    child.stdin?.write(`umount -l '${root}'\n`);
    await problem('overflow');
    writeFileSync(join(root, 'run 1', 'x.csv'), 'x');
    await vi.waitFor(() => {
      expect(hints).toContain(join(root, 'run 1', 'x.csv'));
    }, 45_000);
  });

  it('nothing is told where all is well', async () => {
    watchLimited('');
    await vi.waitFor(() => {
      expect(hints).toContain(root);
    }, 45_000);
    mkdirSync(join(root, 'new'));
    await vi.waitFor(() => {
      expect(hints).toContain(join(root, 'new'));
    }, 45_000);
    expect(problems).toEqual([]);
  });
});
