/** `init`, `connect`, `disconnect`, `info`, `instances`, `delete-instance`, `user`, `settings`. */
import { BenchkeepError } from '../../../../shared/errors.ts';
import { formatBytes, parseBytes } from '../../../../shared/format/bytes.ts';
import { countOf } from '../../../../shared/format/counts.ts';
import { remainsText } from '../../../../shared/vocabulary.ts';
import type { InstanceInfo, InstanceRecord, PublishedInfo, SettingsRecord } from '../../../../shared/contract/index.ts';
import type { Command } from '../command.ts';
import { renderFields, renderTable } from '../render-text.ts';

function instancesTable(items: readonly InstanceRecord[]): string {
  const rows = items.map((item) => [item.name, item.uid, item.storage, item.connected, item.created_at]);
  return renderTable(
    ['name', 'uid', 'default storage', 'connected', 'made'],
    rows,
    'No instance yet. Make one: benchkeep init --storage FOLDER',
  );
}

const init: Command = {
  name: 'init',
  usage: '',
  help: 'create an instance and connect to it',
  opensInstance: false,
  positionals: [0, 0],
  options: {
    storage: { value: 'ROOT', help: 'its default storage (needed)' },
    name: { value: 'N', help: 'its name' },
    host: { value: 'H', help: 'a label for this computer' },
    db: { value: 'postgresql://…', help: 'a registry shared by many writers' },
  },
  async run(context) {
    const given = context.arguments;
    const storage = given.text('storage');
    if (storage === undefined) {
      throw new BenchkeepError(
        'invalid_argument',
        'The default storage is missing',
        'Usage: benchkeep init --storage ROOT [--name N]',
      );
    }
    const result = await (
      await context.client()
    ).instance.init({
      storage: context.absolute(storage),
      name: given.text('name') ?? null,
      host: given.text('host') ?? null,
      db: given.text('db') ?? null,
    });
    return { json: result, text: instancesTable(result.items) };
  },
};

const connect: Command = {
  name: 'connect',
  usage: 'NAME|ROOT',
  help: 'work with another instance from now on, also one that is published at ROOT',
  opensInstance: false,
  positionals: [1, 1],
  options: {
    published: { help: 'take the published registry in the place of the one here, which is kept as a backup' },
  },
  async run(context) {
    const [instance = ''] = context.arguments.positionals;
    const asked = instance.includes('/') ? context.absolute(instance) : instance;
    const result = await (
      await context.client()
    ).instance.connect({
      instance: asked,
      published: context.arguments.has('published'),
    });
    return { json: result, text: instancesTable(result.items) };
  },
};

const publish: Command = {
  name: 'publish',
  usage: '',
  help: 'put the registry as it is now into the default storage, for other computers',
  positionals: [0, 0],
  options: { beside: { help: 'under a name of its own, where this and the published one went different ways' } },
  async run(context) {
    const result = await (await context.client()).instance.publish({ beside: context.arguments.has('beside') });
    const what = result.kind === 'current' ? 'Is published already' : 'Published';
    const size = formatBytes(result.size);
    return { json: result, text: `${what}: ${result.path} (${size}, up to change ${String(result.last_change)})` };
  },
};

const disconnect: Command = {
  name: 'disconnect',
  usage: '',
  help: 'leave the connected instance',
  opensInstance: false,
  positionals: [0, 0],
  async run(context) {
    await (await context.client()).instance.disconnect({});
    return { json: {}, text: 'Disconnected.' };
  },
};

const info: Command = {
  name: 'info',
  usage: '',
  help: 'the connected instance',
  positionals: [0, 0],
  async run(context) {
    const found = await (await context.client()).instance.info({});
    const text = renderFields([
      ['name', found.name],
      ['uid', found.uid],
      ['default storage', found.storage],
      ['local storage', found.local_storage],
      ['keep artifacts local', found.keep_artifacts_local],
      ['user', found.user.name === null ? found.user.handle : `${found.user.handle} (${found.user.name})`],
      ['artifacts', found.n_artifacts],
      ['storages', found.n_storages],
      ['cache', cacheText(found.cache)],
      ['registry', found.registry],
      ['data folder', found.home],
      ['version', found.version],
      ['read only', found.read_only],
      ['published', publishedInWords(found.published)],
    ]);
    return { json: found, text };
  },
};

function cacheText(cache: InstanceInfo['cache']): string | null {
  if (cache === undefined) return null;
  return `${countOf(cache.n_files, 'file')}, ${formatBytes(cache.size)} of ${formatBytes(cache.limit)}`;
}

function publishedInWords(published: PublishedInfo | undefined): string | null {
  if (published === undefined) return null;
  const { root, at, unpublished, problem } = published;
  const when = at === null ? 'not yet' : `${at.slice(0, 16).replace('T', ' ')} UTC`;
  const open = unpublished === 0 ? '' : `, ${String(unpublished)} changes not yet`;
  return `${root} (${when}${open})${problem === null ? '' : `. ${problem}`}`;
}

const instances: Command = {
  name: 'instances',
  usage: '',
  help: 'instances on this computer',
  opensInstance: false,
  positionals: [0, 0],
  async run(context) {
    const result = await (await context.client()).instance.list({});
    return { json: result, text: instancesTable(result.items) };
  },
};

const deleteInstance: Command = {
  name: 'delete-instance',
  usage: 'NAME',
  help: 'remove an instance without data of its own',
  opensInstance: false,
  positionals: [1, 1],
  options: { force: { help: 'remove the registry even if managed data remain (they stay where they are)' } },
  async run(context) {
    const [name = ''] = context.arguments.positionals;
    const result = await (await context.client()).instance.delete({ name, force: context.arguments.has('force') });
    const remains = result.remains.map(remainsText);
    return { json: result, text: [`Instance ${name} is deleted.`, ...remains].join('\n') };
  },
};

const user: Command = {
  name: 'user',
  usage: '',
  help: 'who writes, on this computer',
  positionals: [0, 0],
  options: { handle: { value: 'H', help: 'short name' }, name: { value: 'N', help: 'full name' } },
  async run(context) {
    const given = context.arguments;
    const client = await context.client();
    const handle = given.text('handle');
    const name = given.text('name');
    const current =
      handle === undefined && name === undefined
        ? await client.users.current({})
        : (
            await client.users.set({
              ...(handle === undefined ? {} : { handle }),
              ...(name === undefined ? {} : { name }),
            })
          ).items[0];
    return {
      json: handle === undefined && name === undefined ? current : { items: [current] },
      text: renderFields([
        ['handle', current?.handle],
        ['name', current?.name],
        ['uid', current?.uid],
      ]),
    };
  },
};

const settings: Command = {
  name: 'settings',
  usage: '[NAME VALUE]...',
  help: 'keep-artifacts-local on|off, cache-limit 50GB, upload-bandwidth 10MB, uploads-at-once 3, upload-hours 20:00-06:00|always, scrub-days 30',
  positionals: [0, 12],
  async run(context) {
    const words = context.arguments.positionals;
    const client = await context.client();
    const changes: Partial<SettingsRecord> = {};
    for (let i = 0; i < words.length; i += 2) Object.assign(changes, settingOf(words[i] ?? '', words[i + 1]));
    const current = words.length === 0 ? await client.settings.get({}) : await client.settings.set(changes);
    const text = renderFields([
      ['keep-artifacts-local', current.keep_artifacts_local ? 'on' : 'off'],
      ['cache-limit', formatBytes(current.cache_limit)],
      [
        'upload-bandwidth',
        current.upload_bandwidth === null ? 'unlimited' : `${formatBytes(current.upload_bandwidth)}/s`,
      ],
      ['uploads-at-once', String(current.uploads_at_once)],
      [
        'upload-hours',
        current.upload_hours === null ? 'always' : `${current.upload_hours.from}-${current.upload_hours.to}`,
      ],
      ['scrub-days', current.scrub_days === 0 ? 'off' : String(current.scrub_days)],
    ]);
    return { json: current, text };
  },
};

function settingOf(name: string, value: string | undefined): Partial<SettingsRecord> {
  const wrong = (remedy: string): BenchkeepError =>
    new BenchkeepError('invalid_argument', `The setting ${name} can't be "${value ?? ''}"`, remedy);
  switch (name) {
    case 'keep-artifacts-local':
      if (value !== 'on' && value !== 'off') throw wrong('Say on or off.');
      return { keep_artifacts_local: value === 'on' };
    case 'cache-limit': {
      const bytes = parseBytes(value ?? '');
      if (bytes === null) throw wrong('Give a size such as 50GB.');
      return { cache_limit: bytes };
    }
    case 'upload-bandwidth': {
      const bytes = value === 'unlimited' ? null : parseBytes(value ?? '');
      if (bytes === null && value !== 'unlimited') throw wrong('Give a size a second such as 10MB, or unlimited.');
      return { upload_bandwidth: bytes };
    }
    case 'uploads-at-once': {
      if (!/^\d{1,4}$/.test(value ?? '')) throw wrong('Give a number of files such as 3.');
      return { uploads_at_once: Number(value) };
    }
    case 'upload-hours': {
      if (value === 'always') return { upload_hours: null };
      const [from, to, ...more] = (value ?? '').split('-');
      if (from === undefined || to === undefined || more.length > 0) throw wrong('Say 20:00-06:00 or always.');
      return { upload_hours: { from, to } };
    }
    case 'scrub-days': {
      if (!/^(off|\d{1,4})$/.test(value ?? '')) throw wrong('Give a number of days, or off.');
      return { scrub_days: value === 'off' ? 0 : Number(value) };
    }
    default:
      throw new BenchkeepError(
        'invalid_argument',
        `There is no setting "${name}"`,
        'Use keep-artifacts-local, cache-limit, upload-bandwidth, uploads-at-once, upload-hours or scrub-days.',
      );
  }
}

export const instanceCommands: readonly Command[] = [
  init,
  connect,
  publish,
  disconnect,
  info,
  instances,
  deleteInstance,
  user,
  settings,
];
