/** Long work that is stopped ends cleanly and can be run again: alone, and through a running engine. */
import { mkdirSync, readdirSync, readlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { watchSummary } from '../../../shared/contract/watching.ts';
import { commandLine, type CommandLine, type Running } from './command-line.ts';

let cli: CommandLine;
beforeEach(async () => {
  cli = commandLine();
  mkdirSync(cli.path('plates'));
  await cli.run('init', '--storage', 'data', '--name', 'lab');
  await cli.run('storage', 'add', 'plates', '--watch');
  await cli.run('watch', 'rule', 'plates', '--settle', '600');
  const old = cli.path('plates/old.csv');
  writeFileSync(old, 'old');
  utimesSync(old, 1_700_000_000, 1_700_000_000);
  // Changed just now, so that a pass has to wait for it.
  writeFileSync(cli.path('plates/new.csv'), 'new');
}, 60_000);
afterEach(() => cli.close());

/** A pass that waits for the settle time: the file that is waited for is in the inbox. */
async function startWaiting(): Promise<Running> {
  const pass = cli.start('watch', '--once');
  await expect.poll(async () => inboxOf(await cli.run('inbox', '--json')), { timeout: 15_000 }).not.toBe('');
  return pass;
}

/** While the pass owns the instance alone, others are refused with `locked`: then it works or waits. */
const inboxOf = ({ code, out }: { code: number | null; out: string }): string =>
  code === 5 ? 'locked' : out.includes('new.csv') ? 'waiting' : '';

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s ends a pass that waits; it can be run again',
  async (signal) => {
    const pass = await startWaiting();
    pass.child.kill(signal);
    const ended = await pass.ended;
    expect(ended).toMatchObject({ code: 1, signal: null, out: '' });
    expect(ended.err).toBe('error: Stopped. Run the command again to go on where it was\n');
    await cli.run('watch', 'rule', 'plates', '--settle', '0');
    await cli.json(watchSummary, 'watch', '--once');
    const { out } = await cli.run('list', '--json');
    expect(JSON.parse(out)).toMatchObject({ total: 2 });
  },
  60_000,
);

/** Beside its output and its errors: the connection to the engine. */
function isConnected({ child }: Running): boolean {
  const folder = `/proc/${String(child.pid)}/fd`;
  const links = readdirSync(folder).map((name) => readlinkSync(`${folder}/${name}`));
  return links.filter((link) => link.startsWith('socket:')).length > 2;
}

test.runIf(process.platform === 'linux')(
  'the same through a running engine, which goes on',
  async () => {
    const engine = cli.start('watch');
    await engine.line((line) => line.startsWith('Watching '));
    const pass = cli.start('watch', '--once');
    await expect.poll(() => isConnected(pass), { timeout: 15_000 }).toBe(true);
    pass.child.kill('SIGINT');
    const stopped = 'error: Stopped. Run the command again to go on where it was\n';
    expect(await pass.ended).toMatchObject({ code: 1, out: '', err: stopped });
    expect((await cli.run('list', '--json')).code).toBe(0);
    engine.child.kill('SIGINT');
    expect(await engine.ended).toMatchObject({ code: 0, err: '' });
  },
  60_000,
);
