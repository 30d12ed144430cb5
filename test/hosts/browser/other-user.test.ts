/** S-17: what another user of the computer can read of a running host, and reach. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makePrivateFolder } from '../../../src-main/ports/fs/private-folder.ts';

const linux = process.platform === 'linux';
const canBecomeNobody = linux && process.getuid?.() === 0;
if (!canBecomeNobody) console.warn('Skipped: looking at a host as another user needs root on Linux (setpriv).');

interface Started {
  child: ChildProcess;
  address: URL;
  home: string;
  /** A file that is not the host's own: what a browser would be given. */
  browserLog: string;
}

/** With `open`, the system's browser command is one that notes its arguments and stays. */
async function start(open: boolean): Promise<Started> {
  const folder = mkdtempSync(join(tmpdir(), 'benchkeep-user-'));
  chmodSync(folder, 0o755);
  const home = join(folder, 'home');
  const bin = join(folder, 'bin');
  const browserLog = join(folder, 'browser.log');
  mkdirSync(bin);
  writeFileSync(join(bin, 'xdg-open'), `#!/bin/sh\necho $$ "$@" > ${browserLog}\nexec sleep 60\n`, { mode: 0o755 });
  const script = join(import.meta.dirname, 'run-host.ts');
  const child = spawn(process.execPath, [script, home, ...(open ? ['open'] : [])], {
    env: { ...process.env, DISPLAY: ':0', PATH: `${bin}:${process.env['PATH'] ?? ''}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  const lines = createInterface({ input: child.stdout ?? process.stdin });
  const first = await new Promise<string>((resolve) => lines.once('line', resolve));
  return { child, address: new URL(first), home, browserLog };
}

/** Runs a shell command as nobody, or as the host's own user; true if it succeeded. */
function succeeds(command: string, as: 'nobody' | 'owner'): boolean {
  const nobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
  const [file = '', ...args] = [...(as === 'nobody' ? nobody : []), 'sh', '-c', command];
  try {
    execFileSync(file, args, { stdio: 'ignore', cwd: '/' });
    return true;
  } catch {
    return false;
  }
}

describe.runIf(canBecomeNobody)('S-17: another user', () => {
  it('reads nothing, writes nothing and signs in nowhere; control: the owner does', async () => {
    const { child, address, home } = await start(false);
    makePrivateFolder(join(home, 'run'));
    writeFileSync(join(home, 'registry.db'), 'x', { mode: 0o600 });
    const proc = `/proc/${String(child.pid)}`;
    const curl = 'curl -sf -o /dev/null --max-time 5';
    const origin = `-H 'Origin: ${address.origin}' -H 'Content-Type: application/json'`;
    const code = address.hash.slice('#code='.length);
    const attempts = [
      `ls ${home}`,
      `cat ${home}/registry.db`,
      `ls ${home}/run`,
      `stat ${home}/registry.db`,
      `touch ${home}/planted`,
      `touch ${home}/run/planted`,
      `mv ${home} ${home}2 && mv ${home}2 ${home}`,
      `cat ${proc}/environ | grep -q .`,
      `ls ${proc}/fd | grep -q .`,
      `readlink ${proc}/cwd`,
      `head -c 0 ${proc}/mem`,
      `kill -0 ${String(child.pid)}`,
    ];
    for (const attempt of attempts) {
      expect(succeeds(attempt, 'nobody'), attempt).toBe(false);
      expect(succeeds(attempt, 'owner'), attempt).toBe(true);
    }
    for (const path of ['/session', '/rpc'])
      expect(succeeds(`${curl} ${address.origin}${path}`, 'nobody'), path).toBe(false);
    const exchange = (guess: string): string => `${curl} ${origin} -d '{"code":"${guess}"}' ${address.origin}/session`;
    expect(succeeds(exchange('guess'), 'nobody')).toBe(false);
    // Control: it is the code that counts, and only the person has it.
    expect(succeeds(exchange(code), 'nobody')).toBe(true);
  });
});

describe.runIf(linux)('S-15, S-17: what everybody can see', () => {
  it('the arguments of the host and of the browser it opens hold no secret; the file that does is private', async () => {
    const { child, address, home, browserLog } = await start(true);
    const log = await waitForFile(browserLog);
    const [browser = '', file = '', ...more] = log.trim().split(' ');
    expect(more).toEqual([]);
    const page = readFileSync(file, 'utf8');
    const secret = /#code=(?<code>[\w-]{43})/.exec(page)?.groups?.['code'] ?? '';
    expect(secret).toHaveLength(43);
    // The printed address has a code of its own, so the browser that comes does not spend it.
    expect(address.hash).not.toContain(secret);
    for (const pid of [String(child.pid), browser]) {
      const visible = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      expect(visible).not.toContain(secret);
      expect(visible).not.toContain('code');
      expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain(secret);
    }
    process.kill(Number(browser));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    for (const folder of [home, join(home, 'run')]) expect(statSync(folder).mode & 0o777).toBe(0o700);
    // Used once, the file is gone.
    const headers = { 'Content-Type': 'application/json', Origin: address.origin };
    const used = await fetch(`${address.origin}/session`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ code: secret }),
    });
    expect(used.status).toBe(200);
    expect(readdirSync(join(home, 'run'))).toEqual([]);
  });
});

async function waitForFile(path: string): Promise<string> {
  for (const end = Date.now() + 45_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 10))) {
    try {
      const text = readFileSync(path, 'utf8');
      if (text.endsWith('\n')) return text;
    } catch {
      continue; // Not there yet.
    }
  }
  throw new Error(`${path} did not appear`);
}
