/** Every exit code by a real cause, and how errors are written. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ERROR_EXIT_CODES } from '../../../shared/errors.ts';
import { VERSION } from '../../../shared/version.ts';
import { commandLine, errorDocument, oneDocument, type CommandLine } from './command-line.ts';

let cli: CommandLine;
beforeAll(async () => {
  cli = commandLine();
  mkdirSync(cli.path('plates'));
  writeFileSync(cli.path('plates/a.csv'), 'x\n1\n');
  await cli.run('init', '--storage', 'data', '--name', 'lab');
  await cli.run('storage', 'add', 'plates', '--watch');
  await cli.run('watch', 'rule', 'plates', '--settle', '0');
  await cli.run('watch', '--once');
}, 60_000);
afterAll(() => cli.close());

const instanceFolder = (): string => {
  const instances = join(cli.home, 'instances');
  return join(instances, readdirSync(instances).find((name) => /^\w{12}$/.test(name)) ?? '');
};

test('0: done; nothing is written to standard error', async () => {
  expect(await cli.run('list')).toMatchObject({ code: 0, err: '' });
});

test('1: failed', async () => {
  const error = await cli.refused(1, 'init', '--storage', 'more', '--db', 'postgresql://db.example/lab');
  expect(error.code).toBe('not_supported');
});

test('2: wrong usage, as one line that says what and how', async () => {
  const { code, out, err } = await cli.run('describe');
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toBe('error: Something is missing. Usage: benchkeep describe ARTIFACT\n');
  expect((await cli.refused(2, 'fly')).code).toBe('invalid_argument');
  expect((await cli.refused(2, 'list', 'size__gt=many')).code).toBe('invalid_filter');
});

test('3: not found', async () => {
  expect((await cli.refused(3, 'describe', 'no-such-file.csv')).code).toBe('not_found');
  const { err } = await cli.run('describe', 'no-such-file.csv');
  expect(err).toMatch(/^error: [^\n]*no-such-file\.csv[^\n]*\. [^\n]+\n$/);
});

test('4: refused, and nothing is changed by it', async () => {
  const marker = join(cli.path('plates'), '.lamindb');
  expect((await cli.refused(4, 'storage', 'remove', 'plates')).code).toBe('storage_in_use');
  const link = await cli.refused(4, 'storage', 'use', 'plates');
  expect(link.code).toBe('storage_linked');
  expect(existsSync(marker)).toBe(false);
  expect(readFileSync(cli.path('plates/a.csv'), 'utf8')).toBe('x\n1\n');
  const other = commandLine();
  onTestFinished(() => other.close());
  await other.run('init', '--storage', 'own', '--name', 'other');
  expect((await other.refused(4, 'storage', 'add', cli.path('data'))).code).toBe('storage_managed_elsewhere');
});

test('5: locked by another writer, with its process', async () => {
  const child = spawn(process.execPath, [
    resolve(import.meta.dirname, '../../engine/children/own-child.ts'),
    join(instanceFolder(), 'owner.db'),
  ]);
  const lines = createInterface({ input: child.stdout });
  const next = (): Promise<string> => new Promise((done) => lines.once('line', done));
  try {
    expect(await next()).toBe('ready');
    child.stdin.write('take\n');
    expect(await next()).toBe('owner');
    const error = await cli.refused(5, 'list');
    expect(error.code).toBe('locked');
    expect(error.message).toContain(`process ${String(child.pid)}`);
    // What needs no instance opened still works.
    expect((await cli.run('instances')).code).toBe(0);
  } finally {
    const ended = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await ended;
  }
  // The lock died with its holder.
  expect((await cli.run('list')).code).toBe(0);
});

test('two commands at once wait for each other instead of failing', async () => {
  const both = await Promise.all([cli.run('list'), cli.run('info'), cli.run('view')]);
  expect(both.map(({ code, err }) => ({ code, err }))).toEqual(both.map(() => ({ code: 0, err: '' })));
});

describe('help', () => {
  test('without words, with --help, of a command; always a document with --json', async () => {
    const all = await cli.run();
    expect(all).toMatchObject({ code: 0, err: '' });
    expect(all.out).toContain(`benchkeep ${VERSION}`);
    expect((await cli.run('--help')).out).toBe(all.out);
    expect((await cli.run('-h')).out).toBe(all.out);
    const one = await cli.run('label', 'add', '--help');
    expect(one.out).toMatch(/^benchkeep label add ARTIFACT\.\.\./);
    expect((await cli.run('help', 'label', 'add')).out).toBe(one.out);
    expect(oneDocument((await cli.run('save', '--help', '--json')).out)).toMatchObject({
      commands: [{ name: 'save' }],
    });
    expect(oneDocument((await cli.run('help', '--json')).out)).toMatchObject({ version: VERSION });
    expect((await cli.refused(2, 'help', 'fly')).message).toContain('fly');
  });
});

test('a reader that has seen enough is no error', () => {
  const main = resolve(import.meta.dirname, '../../../src-main/hosts/cli/main.ts');
  const script = `"${process.execPath}" "${main}" help | head -1; exit "\${PIPESTATUS[0]}"`;
  const env = { ...process.env, BENCHKEEP_HOME: cli.home };
  expect(execFileSync('bash', ['-c', script], { env, encoding: 'utf8' })).toMatch(/^benchkeep /);
});

test('every code of an error has an exit code from 1 to 5', () => {
  expect(new Set(Object.values(ERROR_EXIT_CODES))).toEqual(new Set([1, 2, 3, 4, 5]));
  expect(errorDocument.safeParse({ error: { code: 'x', message: 'm', remedy: 'r', retry: true } }).success).toBe(false);
});
