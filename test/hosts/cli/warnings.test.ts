/** What an instance warns of is told: as a note to people, in `info` to programs, never beside a document. */
import { copyFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { instanceInfo } from '../../../shared/contract/records.ts';
import { commandLine, type CommandLine } from './command-line.ts';

let cli: CommandLine;
beforeAll(async () => {
  cli = commandLine();
  await cli.run('init', '--storage', 'data', '--name', 'lab');
}, 60_000);
afterAll(() => cli.close());

test('a registry that lost its end (R12) is opened, and says so until there is a new one', async () => {
  const { registry, warnings } = await cli.json(instanceInfo, 'info');
  expect(warnings).toEqual([]);
  copyFileSync(registry, cli.path('earlier.db'));
  await cli.run('label', 'create', 'IFNG');
  copyFileSync(cli.path('earlier.db'), registry);
  for (const part of ['-wal', '-shm']) rmSync(`${registry}${part}`, { force: true });
  // What is published would bring it back.
  for (const published of ['benchkeep.db', '_exclusion'])
    rmSync(cli.path('data', '.lamindb', published), { recursive: true });

  const { code, out, err } = await cli.run('label', 'list');
  expect({ code, out }).toEqual({ code: 0, out: 'No labels.\n' });
  expect(err).toMatch(/^note: The last change of the registry is gone, [^\n]+\.\n$/);
  const asked = await cli.json(instanceInfo, 'info');
  expect(asked.warnings).toEqual([expect.stringContaining('The last change of the registry is gone')]);
});

test('a registry that lost its end comes back from what is published', async () => {
  const { registry } = await cli.json(instanceInfo, 'info');
  copyFileSync(registry, cli.path('earlier.db'));
  await cli.run('label', 'create', 'CD8');
  copyFileSync(cli.path('earlier.db'), registry);
  for (const part of ['-wal', '-shm']) rmSync(`${registry}${part}`, { force: true });
  expect((await cli.run('label', 'list')).out).toContain('CD8');
});
