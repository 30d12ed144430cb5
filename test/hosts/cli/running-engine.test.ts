/** A command line while another process is the engine: through it, after it, and when it hangs. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { mkdirSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import { items } from '../../../shared/contract/procedures.ts';
import { instanceInfo, instanceRecord, labelRecord } from '../../../shared/contract/records.ts';
import { engineEvent } from '../../../shared/contract/watching.ts';
import { commandLine, type CommandLine, type Running } from './command-line.ts';

let cli: CommandLine;
beforeEach(async () => {
  cli = commandLine();
  mkdirSync(cli.path('plates'));
  await cli.run('init', '--storage', 'data', '--name', 'lab');
  await cli.run('storage', 'add', 'plates', '--watch');
  await cli.run('watch', 'rule', 'plates', '--settle', '0');
}, 60_000);
afterEach(() => cli.close());

/** `watch` is an engine that others reach; it says so once it has the folders. */
async function startEngine(): Promise<Running> {
  const engine = cli.start('watch');
  await engine.line((line) => line.startsWith('Watching '));
  return engine;
}

const labels = items(labelRecord);

describe('while an engine runs', () => {
  test('commands go through it, and it tells everybody of their changes', async () => {
    const engine = await startEngine();
    const follower = cli.start('watch', '--json');
    // Its own first event shows that it follows.
    await Promise.all([follower.line(() => true), untilSeen(follower)]);
    await cli.json(labels, 'label', 'create', 'IFNG');
    const line = await follower.line((text) => text.includes('ulabel'));
    expect(engineEvent.parse(JSON.parse(line))).toMatchObject({ type: 'registry', registries: ['ulabel'] });
    expect((await cli.json(labels, 'label', 'list', '--search', 'IFN')).items).toMatchObject([{ name: 'IFNG' }]);

    writeFileSync(cli.path('plates', 'new.csv'), 'x\n');
    expect(await engine.line((text) => text.startsWith('registered'))).toBe('registered new.csv');

    // Errors and wrong input are the same through it.
    expect((await cli.refused(3, 'describe', 'nothing.csv')).code).toBe('not_found');
    expect((await cli.refused(2, 'list', '--limit', '0')).message).toBe('limit must be at least 1');
    follower.child.kill('SIGINT');
    expect(await follower.ended).toMatchObject({ code: 0, err: '' });
    engine.child.kill('SIGTERM');
    expect(await engine.ended).toMatchObject({ code: 0, err: '' });
    for (const text of follower.lines) engineEvent.parse(JSON.parse(text));
  }, 60_000);

  test('it is found by name, uid and root of its default storage', async () => {
    const { uid } = await cli.json(instanceInfo, 'info');
    const engine = await startEngine();
    for (const named of ['lab', uid, cli.path('data')])
      expect((await cli.json(instanceInfo, 'info', '--instance', named)).uid).toBe(uid);
    engine.child.kill('SIGTERM');
    await engine.ended;
  });

  test('it changes its instance and still answers who asked for that', async () => {
    const engine = await startEngine();
    const instances = items(instanceRecord);
    expect((await cli.json(instances, 'init', '--storage', 'more', '--name', 'other')).items).toMatchObject([
      { name: 'other' },
    ]);
    expect((await cli.json(instanceInfo, 'info')).name).toBe('other');
    await cli.json(instances, 'connect', 'lab');
    expect((await cli.json(instanceInfo, 'info')).name).toBe('lab');
    await cli.json(z.strictObject({}), 'disconnect');
    engine.child.kill('SIGINT');
    expect((await engine.ended).code).toBe(0);
    await cli.json(instances, 'connect', 'lab');
    expect((await cli.json(instanceInfo, 'info')).name).toBe('lab');
  }, 60_000);

  /** Makes changes until the follower has seen one: it may not be listening yet. */
  async function untilSeen(follower: Running): Promise<void> {
    for (let n = 0; follower.lines.length === 0; n++) await cli.run('label', 'create', `try ${String(n)}`);
  }
});

describe('after an engine', () => {
  test('that was killed, the next command works at once', async () => {
    const engine = await startEngine();
    engine.child.kill('SIGKILL');
    await engine.ended;
    const began = performance.now();
    expect((await cli.json(instanceInfo, 'info')).name).toBe('lab');
    expect(performance.now() - began).toBeLessThan(5000);
  });

  test('that is just closing, commands wait for it', async () => {
    const engine = await startEngine();
    engine.child.kill('SIGTERM');
    expect(await cli.run('info')).toMatchObject({ code: 0, err: '' });
    expect((await engine.ended).code).toBe(0);
  });

  test('that went away on the way, who followed it is told', async () => {
    const engine = await startEngine();
    const follower = cli.start('watch');
    await follower.line((line) => line.startsWith('Watching '));
    engine.child.kill('SIGKILL');
    const ended = await follower.ended;
    expect(ended.code).toBe(1);
    expect(ended.err).toBe(
      'error: The running Benchkeep ended before it had answered. Run the command again: what was confirmed is kept\n',
    );
  });
});

test('an engine that hangs does not hang others: locked after 10 s, with its process', async () => {
  const engine = await startEngine();
  engine.child.kill('SIGSTOP');
  try {
    const error = await cli.refused(5, 'list');
    expect(error.code).toBe('locked');
    expect(error.message).toContain(`process ${String(engine.child.pid)}`);
  } finally {
    engine.child.kill('SIGCONT');
  }
  expect((await cli.json(instanceInfo, 'info')).name).toBe('lab');
}, 60_000);
