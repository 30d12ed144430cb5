/** `init`, `connect`, `disconnect`, `info`, `instances`, `user`, `settings`, `storage …`, `delete-instance`. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { settingsRecord } from '../../../shared/contract/instance.ts';
import { items } from '../../../shared/contract/procedures.ts';
import { instanceInfo, instanceRecord, storageRecord, userRecord } from '../../../shared/contract/records.ts';
import { storageOfComputer } from '../../../shared/contract/storages.ts';
import { storageTree } from '../../../shared/contract/storages.ts';
import { VERSION } from '../../../shared/version.ts';
import { commandLine, type CommandLine } from './command-line.ts';

let cli: CommandLine;
beforeAll(() => {
  cli = commandLine();
});
afterAll(() => cli.close());

const instances = items(instanceRecord.strict());
const storages = items(storageRecord.strict());
/** With how this computer signs in to each. */
const listedStorages = items(storageOfComputer.strict());

describe('before there is an instance', () => {
  test('instances are none, and what needs one says how to make one', async () => {
    expect(await cli.json(instances, 'instances')).toEqual({ items: [] });
    expect(await cli.refused(3, 'info')).toMatchObject({
      code: 'no_instance',
      remedy: expect.stringContaining('benchkeep init') as string,
    });
    const { code, err, out } = await cli.run('list');
    expect({ code, out }).toEqual({ code: 3, out: '' });
    expect(err).toBe('error: No instance is connected. Make one: benchkeep init --storage FOLDER\n');
  });

  test('init without a storage is wrong usage', async () => {
    expect(await cli.refused(2, 'init')).toMatchObject({
      code: 'invalid_argument',
      remedy: expect.stringContaining('--storage ROOT') as string,
    });
  });

  test('init makes the folder, the instance, and connects', async () => {
    const made = await cli.json(instances, 'init', '--storage', './lab-data', '--name', 'lab', '--host', 'bench-1');
    expect(made.items).toMatchObject([{ name: 'lab', connected: true, storage: cli.path('lab-data') }]);
    expect(existsSync(cli.path('lab-data'))).toBe(true);
    // Again is no error and makes no second one.
    expect(await cli.json(instances, 'init', '--storage', cli.path('lab-data'))).toEqual(made);
    expect((await cli.json(instances, 'instances')).items).toHaveLength(1);
  });
});

describe('with an instance', () => {
  test('info', async () => {
    const info = await cli.json(instanceInfo.strict(), 'info');
    expect(info).toMatchObject({
      name: 'lab',
      home: cli.home,
      n_artifacts: 0,
      n_storages: 1,
      version: VERSION,
      read_only: null,
    });
    const { out, code } = await cli.run('info');
    expect(code).toBe(0);
    expect(out).toContain(`default storage       ${cli.path('lab-data')}\n`);
  });

  test('user is read and changed', async () => {
    const changed = await cli.json(items(userRecord.strict()), 'user', '--handle', 'ada', '--name', 'Ada L.');
    expect(changed.items).toMatchObject([{ handle: 'ada', name: 'Ada L.' }]);
    expect(await cli.json(userRecord.strict(), 'user')).toEqual(changed.items[0]);
  });

  test('settings are read and changed, a wrong value is refused with what is right', async () => {
    expect(await cli.json(settingsRecord.strict(), 'settings')).toMatchObject({ keep_artifacts_local: false });
    const changed = await cli.json(
      settingsRecord.strict(),
      'settings',
      'keep-artifacts-local',
      'on',
      'cache-limit',
      '5GB',
    );
    expect(changed).toMatchObject({ keep_artifacts_local: true, cache_limit: 5_000_000_000 });
    expect(await cli.json(settingsRecord.strict(), 'settings')).toEqual(changed);
    expect((await cli.refused(2, 'settings', 'keep-artifacts-local', 'perhaps')).remedy).toContain('on or off');
    expect((await cli.refused(2, 'settings', 'colour', 'red')).message).toContain('colour');
    expect(
      (await cli.json(settingsRecord.strict(), 'settings', 'keep-artifacts-local', 'off')).keep_artifacts_local,
    ).toBe(false);
  });

  test('storage list, add, use, local, edit, tree, remove', async () => {
    const added = await cli.json(
      storages,
      'storage',
      'add',
      'second',
      '--host',
      'bench-2',
      '--description',
      'for runs',
    );
    expect(added.items).toMatchObject([
      {
        root: cli.path('second'),
        region: 'bench-2',
        description: 'for runs',
        managed: true,
        watch: false,
        type: 'local',
      },
    ]);
    mkdirSync(cli.path('instruments', 'plate'), { recursive: true });
    writeFileSync(cli.path('instruments', 'plate', 'a.csv'), 'x\n1\n');
    const watched = await cli.json(storages, 'storage', 'add', 'instruments', '--watch');
    expect(watched.items).toMatchObject([{ managed: false, watch: true }]);
    const listed = await cli.json(listedStorages, 'storage', 'list');
    expect(listed.items.map(({ root }) => root).sort()).toEqual(
      ['instruments', 'lab-data', 'second'].map((name) => cli.path(name)),
    );

    const { uid } = added.items[0] as { uid: string };
    expect((await cli.json(storages, 'storage', 'use', uid)).items).toMatchObject([{ uid, default: true }]);
    expect((await cli.json(storages, 'storage', 'local', 'second')).items).toMatchObject([{ uid, local: true }]);
    expect((await cli.json(storages, 'storage', 'edit', uid, '--description', 'Project X')).items).toMatchObject([
      { description: 'Project X' },
    ]);
    const tree = await cli.json(storageTree.strict(), 'storage', 'tree', 'instruments');
    expect(tree).toMatchObject({ n_folders: 1, n_files: 1, suffixes: [{ suffix: '.csv', n: 1 }] });
    const shown = await cli.run('storage', 'tree', 'instruments');
    expect(shown.out).toBe(
      `1 folder & 1 file, 4 bytes: .csv 1\n${cli.path('instruments')}\n└── plate/\n    └── a.csv\n`,
    );

    await cli.refused(4, 'storage', 'remove', uid);
    await cli.json(storages, 'storage', 'use', 'lab-data');
    await cli.json(z.strictObject({ remains: z.array(z.string()) }), 'storage', 'remove', uid);
    expect((await cli.json(listedStorages, 'storage', 'list')).items).toHaveLength(2);
    expect((await cli.refused(3, 'storage', 'use', uid)).message).toContain(uid);
    expect((await cli.refused(2, 'storage', 'add', 'x', '--link', '--managed')).message).toContain('not both');
  });

  test('a folder whose name looks like a uid is found by its name', async () => {
    const added = await cli.json(storages, 'storage', 'add', 'instruments1');
    expect((await cli.json(storages, 'storage', 'edit', 'instruments1', '--description', 'd')).items[0]?.uid).toBe(
      added.items[0]?.uid,
    );
  });

  test('two instances: --instance for one call, connect by name and by root, disconnect', async () => {
    await cli.json(instances, 'init', '--storage', 'other-data', '--name', 'other');
    expect((await cli.json(instanceInfo, 'info')).name).toBe('other');
    expect((await cli.json(instanceInfo, 'info', '--instance', 'lab')).name).toBe('lab');
    expect((await cli.json(instanceInfo, '--instance=lab', 'info')).name).toBe('lab');
    expect((await cli.json(instanceInfo, 'info')).name).toBe('other');
    await cli.json(instances, 'connect', './lab-data');
    expect((await cli.json(instanceInfo, 'info')).name).toBe('lab');
    await cli.json(z.strictObject({}), 'disconnect');
    expect((await cli.refused(3, 'info')).code).toBe('no_instance');
    expect((await cli.refused(3, 'connect', 'nobody')).message).toContain('nobody');
    expect((await cli.refused(3, 'info', '--instance', 'nobody')).code).toBe('not_found');
    await cli.json(instances, 'connect', 'other');
  });

  test('a damaged connected instance does not keep anybody from another one', async () => {
    const { registry } = await cli.json(instanceInfo, 'info');
    writeFileSync(registry, 'this is no database');
    expect((await cli.run('info', '--json')).code).toBe(1);
    expect((await cli.json(instances, 'instances')).items).toHaveLength(2);
    await cli.json(instances, 'connect', 'lab');
    expect((await cli.json(instanceInfo, 'info')).name).toBe('lab');
  });

  test('delete-instance removes an empty one and says what remains', async () => {
    expect((await cli.refused(3, 'delete-instance', 'nobody')).code).toBe('not_found');
    const { remains } = await cli.json(z.strictObject({ remains: z.array(z.string()) }), 'delete-instance', 'lab');
    expect(remains).toContain(cli.path('lab-data'));
    expect((await cli.json(instances, 'instances')).items.map(({ name }) => name)).toEqual(['other']);
    expect((await cli.refused(3, 'info')).code).toBe('no_instance');
  });
});
