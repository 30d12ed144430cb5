/** `backup list|now|restore` and `doctor`, also where the registry can't be opened. */
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as z from 'zod';
import { items } from '../../../shared/contract/procedures.ts';
import { backupRecord, doctorResult } from '../../../shared/contract/registry.ts';
import { commandLine, type CommandLine } from './command-line.ts';

let cli: CommandLine;
beforeEach(async () => {
  cli = commandLine();
  await cli.run('init', '--storage', 'data', '--name', 'lab');
}, 60_000);
afterEach(() => cli.close());

const backup = backupRecord.strict();
const registry = (): string => {
  const folder = join(cli.home, 'instances');
  const [uid = ''] = readdirSync(folder).filter((name) => !name.startsWith('.'));
  return join(folder, uid, 'registry.db');
};

test(
  'a backup is made, listed and restored; what was saved after it is gone from the list and kept aside',
  { timeout: 60_000 },
  async () => {
    const made = await cli.json(backup, 'backup', 'now');
    expect(made).toMatchObject({ kind: 'manual', good: true, reason: null });
    expect(await cli.json(items(backup), 'backup', 'list')).toEqual({ items: [made] });
    await cli.run('label', 'create', 'later');
    const restored = await cli.json(
      z.strictObject({ id: z.string(), aside: z.string() }),
      'backup',
      'restore',
      made.id,
    );
    expect(restored.id).toBe(made.id);
    expect(readdirSync(restored.aside)).toContain('registry.db');
    expect((await cli.run('label', 'list')).out).not.toContain('later');
    expect((await cli.refused(3, 'backup', 'restore', 'nothing')).code).toBe('not_found');
  },
);

test(
  'a registry that is cut short: its backups are listed, the doctor says so, repairs it, and is content then',
  { timeout: 60_000 },
  async () => {
    const made = await cli.json(backup, 'backup', 'now');
    truncateSync(registry(), readFileSync(registry()).length - 16_384);
    expect((await cli.refused(1, 'list')).code).toBe('registry_corrupt');
    expect(await cli.json(items(backup), 'backup', 'list')).toEqual({ items: [made] });
    const sick = await cli.run('doctor', '--json');
    expect(sick.code).toBe(1);
    const { checks } = doctorResult.parse(JSON.parse(sick.out));
    expect(checks.find(({ name }) => name === 'registry')).toMatchObject({
      ok: false,
      remedy: expect.stringContaining('benchkeep doctor --repair') as string,
    });
    const healed = await cli.json(doctorResult.strict(), 'doctor', '--repair');
    expect(healed.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(healed.checks[0]?.name).toBe('repair');
    expect((await cli.run('list')).code).toBe(0);
  },
);

test('the doctor tries out the file system of a folder and leaves nothing in it', { timeout: 60_000 }, async () => {
  await cli.run('backup', 'now');
  const { checks } = await cli.json(doctorResult.strict(), 'doctor', '--selftest', cli.path());
  expect(checks.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['registry', 'change log', 'head file', 'backups', 'free space', 'folders', 'orphans']),
  );
  expect(checks.filter(({ name }) => name.startsWith('file system'))).toHaveLength(7);
  expect(readdirSync(cli.path()).filter((name) => name.startsWith('.benchkeep'))).toEqual([]);
});

test('a registry of a newer version is not repaired but left as it is', { timeout: 60_000 }, async () => {
  const bytes = readFileSync(registry());
  bytes.writeInt32BE(bytes.readInt32BE(60) + 1, 60);
  rmSync(registry());
  writeFileSync(registry(), bytes);
  expect((await cli.run('doctor', '--repair')).code).toBe(1);
  expect(readFileSync(registry()).equals(bytes)).toBe(true);
});
