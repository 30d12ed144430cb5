/** The contract over the fake world: validated input and output, so that it cannot drift from the real one's shape. */
import { implement } from '@orpc/server';
import { contract } from '../../../shared/contract/index.ts';
import type {
  ArtifactDetails,
  ArtifactRecord,
  EngineEvent,
  JobProgress,
  SignInRecord,
  StorageRecord,
  StorageTest,
} from '../../../shared/contract/index.ts';
import { BenchkeepError } from '../../../shared/errors.ts';
import { countFacets, listArtifacts } from './list.ts';
import { makeLabel, makeStorage, HOME } from './records.ts';
import { find } from './find.ts';
import { did, takeBack, tellDeeds } from './deeds.ts';
import { backUp, deleteForGood, locate, planDeletion, restoreBackup, revert, show } from './safety.ts';
import { confirmLoss, ignore, setRule, settleInbox } from './folders.ts';
import {
  bringBack,
  cacheHere,
  cancel,
  clear,
  first,
  free,
  listTransfers,
  pause,
  planFree,
  planUpload,
  resume,
  retry,
  upload,
} from './transfers.ts';
import { arrive, changed, emit, makeFolder, makeInfo, type World } from './world.ts';

function describe(world: World, uid: string): ArtifactDetails {
  const row = find(world, uid);
  const family = [...world.older.entries()].find(
    ([latest, versions]) => latest === uid || versions.some((version) => version.uid === uid),
  );
  const versions = family === undefined ? [row] : [...family[1], find(world, family[0])];
  return {
    ...row,
    version_number: versions.findIndex((version) => version.uid === row.uid) + 1,
    features: {},
    schema: null,
    feature_sets: [],
    collections: [],
    input_of: [],
    versions,
    same_content_as: world.artifacts
      .filter((other) => other.sha256 === row.sha256 && other.uid !== row.uid)
      .map(({ uid: same, key, storage }) => ({ uid: same, key, storage })),
  };
}

function label(
  world: World,
  input: { artifacts: string[]; labels: string[] },
  add: boolean,
): { items: ArtifactRecord[] } {
  const rows = input.artifacts.map((uid) => find(world, uid));
  const before = rows.map((row) => row.ulabels);
  for (const name of input.labels) {
    if (!world.labels.some((known) => known.name === name)) world.labels.push(makeLabel(name));
    for (const row of rows) {
      row.ulabels = row.ulabels.filter((own) => own !== name);
      if (add) row.ulabels = [...row.ulabels, name].sort();
    }
    const record = world.labels.find((known) => known.name === name);
    if (record) record.n_artifacts = world.artifacts.filter((row) => row.ulabels.includes(name)).length;
  }
  const [operation, words] = add ? ['label add', 'was put on'] : ['label remove', 'was taken off'];
  did(world, operation, `The label ${input.labels.join()} ${words} ${String(rows.length)} files`, rows, () => {
    rows.forEach((row, index) => (row.ulabels = before[index] ?? []));
  });
  changed(world, 'ulabel', 'artifact_ulabel', 'artifact');
  return { items: rows };
}

/** Progress in `steps` equal steps; each waits for `pace`, where a test set one. */
async function* steps(world: World, name: string, items: number): AsyncGenerator<JobProgress, void> {
  for (let done = 0; done <= items; done++) {
    yield {
      items: done,
      items_total: items,
      bytes: done * 1000,
      bytes_total: items * 1000,
      file: `file ${String(done)}`,
    };
    await world.delays.get(name);
  }
}

const JOBS = new Set([
  'artifacts.save',
  'artifacts.verify',
  'artifacts.free',
  'artifacts.bringBack',
  'artifacts.cache',
]);

const ALL_WELL: StorageTest[] = [
  { step: 'name', ok: true, message: 'The name is one of a bucket.', remedy: null },
  { step: 'endpoint', ok: true, message: 'The server answers.', remedy: null },
  { step: 'clock', ok: true, message: 'This computer’s clock agrees with the server’s.', remedy: null },
  { step: 'sign-in', ok: true, message: 'Signed in with the profile “lab”.', remedy: null },
  { step: 'region', ok: true, message: 'The bucket is in eu-central-1.', remedy: null },
  { step: 'list', ok: true, message: 'What is in it can be listed.', remedy: null },
  { step: 'put', ok: true, message: 'A small file could be written.', remedy: null },
  { step: 'delete', ok: true, message: 'It could be removed again.', remedy: null },
];

export function fakeRouter(world: World) {
  const os = implement(contract).use(async ({ next, path }) => {
    const name = path.join('.');
    world.calls.push(name);
    const failure = world.failures.get(name);
    if (failure !== undefined) {
      if (!failure.forever) world.failures.delete(name);
      throw failure.error;
    }
    const result = await next();
    // A job waits between its steps instead.
    if (!JOBS.has(name)) await world.delays.get(name);
    return result;
  });
  const info = () => {
    if (world.instance === null)
      throw new BenchkeepError('no_instance', 'No registry is open', 'Choose a folder first.');
    return world.instance;
  };
  const begin = (home: StorageRecord) => {
    world.storages.push(home);
    world.instance = makeInfo({ storage: home.root, local_storage: home.type === 'local' ? home.root : null });
    emit(world, { type: 'instance' });
    return { items: [world.instance] };
  };
  const bucketAt = (given: string) => {
    const type = given.startsWith('gs:') ? 'gs' : 's3';
    return makeStorage(1, { root: given.replace(/\?.*$/, ''), type, default: true, region: 'eu-central-1' });
  };
  const storage = (uid: string) => {
    const found = world.storages.find((one) => one.uid === uid || one.root === uid);
    if (found === undefined)
      throw new BenchkeepError('not_found', `There is no storage place ${uid}`, 'Look at the list.');
    return found;
  };

  return os.router({
    instance: {
      current: os.instance.current.handler(() => ({ instance: world.instance })),
      init: os.instance.init.handler(({ input }) => {
        if (input.storage === 'default') return begin(makeStorage(1, { root: HOME, default: true, local: true }));
        return begin(bucketAt(input.storage));
      }),
      connect: os.instance.connect.handler(({ input }) =>
        world.instance === null ? begin(bucketAt(input.instance)) : { items: [info()] },
      ),
      disconnect: os.instance.disconnect.handler(() => ({})),
      info: os.instance.info.handler(info),
      list: os.instance.list.handler(() => ({ items: world.instance === null ? [] : [world.instance] })),
      delete: os.instance.delete.handler(({ input }) => {
        const managed = world.storages.filter((one) => one.managed).map(({ root }) => root);
        const n = world.artifacts.filter(({ storage: { root } }) => managed.includes(root)).length;
        if (n > 0 && !input.force)
          throw new BenchkeepError(
            'instance_has_data',
            `The instance ${input.name} has ${String(n)} files in storages that it manages: ${managed.join(', ')}`,
            'Delete them first, or give --force: then only the registry is removed and the files stay where they are.',
          );
        world.instance = null;
        world.storages = [];
        emit(world, { type: 'instance' });
        return { remains: managed };
      }),
      publish: os.instance.publish.handler(() => ({
        kind: 'current',
        path: `${HOME}/.lamindb/benchkeep.db`,
        last_change: 1,
        size: 1,
      })),
    },
    users: {
      current: os.users.current.handler(() => info().user),
      set: os.users.set.handler(({ input }) => {
        const user = info().user;
        Object.assign(user, {
          handle: input.handle ?? user.handle,
          name: input.name === undefined ? user.name : input.name,
        });
        emit(world, { type: 'instance' });
        return { items: [user] };
      }),
    },
    settings: {
      get: os.settings.get.handler(() => world.settings),
      set: os.settings.set.handler(({ input }) => {
        const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
        return (world.settings = { ...world.settings, ...given });
      }),
    },
    storages: {
      list: os.storages.list.handler(() => ({ items: world.storages })),
      add: os.storages.add.handler(({ input }) => {
        const cloud = /^(s3|gs):/.exec(input.root)?.[1];
        const added = makeStorage(world.storages.length + 1, {
          root: input.root.replace(/\?.*$/, ''),
          type: cloud === 's3' || cloud === 'gs' ? cloud : 'local',
          watch: input.watch,
          managed: input.managed ?? !input.watch,
          description: input.description ?? null,
          region: input.host ?? (cloud === undefined ? 'bench-pc' : 'eu-central-1'),
        });
        world.storages.push(added);
        if (input.watch) world.folders.push(makeFolder(added));
        if (world.instance !== null) world.instance.n_storages = world.storages.length;
        emit(world, { type: 'folders' });
        changed(world, 'storage');
        return { items: [added] };
      }),
      use: os.storages.use.handler(({ input }) => {
        for (const one of world.storages) one.default = one === storage(input.storage);
        changed(world, 'storage');
        return { items: [storage(input.storage)] };
      }),
      local: os.storages.local.handler(({ input }) => {
        for (const one of world.storages) one.local = one === storage(input.storage);
        return { items: [storage(input.storage)] };
      }),
      edit: os.storages.edit.handler(({ input }) => {
        const one = storage(input.storage);
        one.description = input.description;
        changed(world, 'storage');
        return { items: [one] };
      }),
      remove: os.storages.remove.handler(({ input }) => {
        const one = storage(input.storage);
        if (world.artifacts.some((row) => row.storage.uid === one.uid)) {
          throw new BenchkeepError(
            'storage_in_use',
            'This place still holds registered files',
            'Remove those records first.',
          );
        }
        world.storages = world.storages.filter((other) => other !== one);
        return { remains: [] };
      }),
      signIn: os.storages.signIn.handler(({ input }) => {
        const { credentials, keep } = input;
        const by = 'service_account' in credentials ? 'service_account' : 'profile' in credentials ? 'profile' : 'keys';
        const record: SignInRecord = { by, name: 'profile' in credentials ? credentials.profile : null, kept: keep };
        world.signIns.push(input);
        const one = world.storages.find(({ uid, root }) => [uid, root].includes(input.storage));
        if (one) one.sign_in = record;
        return record;
      }),
      signOut: os.storages.signOut.handler(({ input }) => {
        const record: SignInRecord = { by: 'nothing', name: null, kept: null };
        world.signIns = world.signIns.filter((signIn) => signIn.storage !== input.storage);
        const one = world.storages.find(({ uid, root }) => [uid, root].includes(input.storage));
        if (one) one.sign_in = record;
        return record;
      }),
      test: os.storages.test.handler(({ input }) => ({ items: world.tests.get(input.root) ?? ALL_WELL })),
      tree: os.storages.tree.handler(async ({ input, signal }) => {
        signal?.addEventListener('abort', () => world.calls.push('storages.tree was left'));
        await world.delays.get('list of storages.tree');
        const rows = world.artifacts.filter((row) => row.storage.uid === storage(input.storage).uid);
        const size = rows.reduce((sum, row) => sum + row.size, 0);
        const files = rows.slice(0, 20).map((row) => ({ name: row.key?.split('/').at(-1) ?? row.uid, size: row.size }));
        const inner = { name: 'flow', n_files: rows.length, size, folders: [], files, truncated: rows.length > 20 };
        const tree = {
          name: storage(input.storage).root,
          n_files: rows.length,
          size,
          folders: [inner],
          files: [],
          truncated: false,
        };
        return {
          root: storage(input.storage).root,
          n_folders: 1,
          n_files: rows.length,
          size,
          suffixes: [{ suffix: '.fcs', n: rows.length, size }],
          tree,
        };
      }),
    },
    artifacts: {
      save: os.artifacts.save.handler(async function* ({ input }) {
        yield* steps(world, 'artifacts.save', input.paths.length * 4);
        return { items: arrive(world, ...input.paths.map((path) => path.split('/').at(-1) ?? path)), warnings: [] };
      }),
      upload: os.artifacts.upload.handler(async function* ({ input }) {
        yield* steps(world, 'artifacts.upload', input.artifacts.length);
        return { items: input.artifacts.map((uid) => find(world, uid)), warnings: [] };
      }),
      cache: os.artifacts.cache.handler(async function* ({ input }) {
        yield* steps(world, 'artifacts.cache', 1);
        return cacheHere(world, input.artifact);
      }),
      planFree: os.artifacts.planFree.handler(({ input }) => planFree(world, input.artifacts)),
      free: os.artifacts.free.handler(async function* ({ input }) {
        yield* steps(world, 'artifacts.free', input.artifacts?.length ?? 1);
        return free(world, input.artifacts);
      }),
      bringBack: os.artifacts.bringBack.handler(async function* ({ input }) {
        yield* steps(world, 'artifacts.bringBack', input.artifacts.length);
        return bringBack(world, input.artifacts);
      }),
      list: os.artifacts.list.handler(({ input }) => listArtifacts(world.artifacts, input)),
      describe: os.artifacts.describe.handler(({ input }) => describe(world, input.artifact)),
      versions: os.artifacts.versions.handler(({ input }) => ({ items: describe(world, input.artifact).versions })),
      path: os.artifacts.path.handler(({ input }) => ({ path: find(world, input.artifact).copies[0]?.path ?? '' })),
      preview: os.artifacts.preview.handler(
        ({ input }) =>
          world.previews.get(input.artifact) ?? {
            kind: 'none',
            reason: 'There is no preview for this type of file yet.',
          },
      ),
      log: os.artifacts.log.handler(({ input }) => ({
        items: world.changes.filter((change) => change.uid === input.artifact),
      })),
      verify: os.artifacts.verify.handler(async function* ({ input }) {
        yield* steps(world, 'artifacts.verify', input.artifacts.length);
        return { checked: input.artifacts.length, ok: input.artifacts.length, failed: [] };
      }),
      locate: os.artifacts.locate.handler(({ input }) => locate(world, input)),
      revert: os.artifacts.revert.handler(({ input }) => revert(world, input.artifact)),
      trash: os.artifacts.trash.handler(({ input }) => show(world, input.artifacts, -1)),
      replace: os.artifacts.replace.handler(async function* ({ input }) {
        yield* steps(world, 'artifacts.replace', 4);
        return { items: [find(world, input.artifact)] };
      }),
      restore: os.artifacts.restore.handler(({ input }) => ({ ...show(world, input.artifacts, 1), warnings: [] })),
      planDeletion: os.artifacts.planDeletion.handler(({ input }) => ({
        items: input.artifacts.map((uid) => planDeletion(world, uid)),
      })),
      delete: os.artifacts.delete.handler(({ input }) => deleteForGood(world, input)),
      find: os.artifacts.find.handler(({ input }) => ({ items: world.found.get(input.artifact) ?? [] })),
      facets: os.artifacts.facets.handler(() => ({ items: countFacets(world.artifacts) })),
      edit: os.artifacts.edit.handler(({ input }) => {
        const row = find(world, input.artifact);
        const before = { description: row.description, key: row.key, version: row.version };
        if (input.key === 'taken.csv')
          throw new BenchkeepError('already_exists', 'There is such a file', 'Choose another.');
        if (input.description !== undefined) row.description = input.description;
        if (typeof input.key === 'string') row.key = input.key;
        if (input.version !== undefined) row.version = input.version;
        if (input.move) for (const copy of row.copies) copy.path = `${row.storage.root}/${row.key ?? ''}`;
        did(world, 'edit', `${before.key ?? row.uid} was changed`, [row], () => {
          Object.assign(row, before);
        });
        changed(world, 'artifact');
        return { items: [row] };
      }),
    },
    labels: {
      create: os.labels.create.handler(({ input }) => {
        if (world.labels.some((known) => known.name === input.name)) {
          throw new BenchkeepError('already_exists', `The label ${input.name} exists already`, 'Choose another name.');
        }
        const record = makeLabel(input.name, {
          type: input.type ?? null,
          is_type: input.is_type,
          description: input.description ?? null,
        });
        world.labels.push(record);
        changed(world, 'ulabel');
        return { items: [record] };
      }),
      list: os.labels.list.handler(({ input }) => ({
        items: world.labels.filter((known) => known.name.toLowerCase().includes((input.search ?? '').toLowerCase())),
      })),
      add: os.labels.add.handler(({ input }) => label(world, input, true)),
      remove: os.labels.remove.handler(({ input }) => label(world, input, false)),
    },
    transfers: {
      list: os.transfers.list.handler(({ input }) => listTransfers(world, input)),
      plan: os.transfers.plan.handler(({ input }) => planUpload(world, input.artifacts)),
      upload: os.transfers.upload.handler(({ input }) => upload(world, input)),
      pause: os.transfers.pause.handler(({ input }) => pause(world, input.ids)),
      resume: os.transfers.resume.handler(({ input }) => resume(world, input.ids)),
      cancel: os.transfers.cancel.handler(({ input }) => cancel(world, input.ids)),
      retry: os.transfers.retry.handler(({ input }) => retry(world, input.ids)),
      first: os.transfers.first.handler(({ input }) => first(world, input.ids)),
      clear: os.transfers.clear.handler(() => clear(world)),
    },
    scrub: {
      status: os.scrub.status.handler(() => world.scrub),
      start: os.scrub.start.handler(() => (world.scrub = { ...world.scrub, state: 'running' })),
      pause: os.scrub.pause.handler(() => (world.scrub = { ...world.scrub, state: 'paused' })),
    },
    watching: {
      confirmLoss: os.watching.confirmLoss.handler(({ input }) => confirmLoss(world, input)),
      ignore: os.watching.ignore.handler(({ input }) => ignore(world, input)),
      unignore: os.watching.unignore.handler(({ input }) => settleInbox(world, input, 'waiting')),
      retry: os.watching.retry.handler(({ input }) => settleInbox(world, input, 'waiting')),
      folders: os.watching.folders.handler(() => ({ items: world.folders })),
      inbox: os.watching.inbox.handler(({ input }) => ({
        items: world.inbox.slice(0, input.limit),
        waiting: world.inbox.filter((item) => item.state === 'waiting').length,
        failed: world.inbox.filter((item) => item.state === 'failed').length,
        ignored: world.inbox.filter((item) => item.state === 'ignored').length,
      })),
      survey: os.watching.survey.handler(async function* () {
        const whole = {
          files: 287,
          folders: 25,
          bytes: 41_000_000_000,
          skipped: 4,
          suffixes: [
            { suffix: '.fcs', n: 200 },
            { suffix: '.csv', n: 87 },
          ],
          units: [{ profile: 'illumina', title: 'Illumina runs', n: 2 }],
        };
        yield { ...whole, files: 100, folders: 9, bytes: 12_000_000_000 };
        await world.delays.get('watching.survey');
        return whole;
      }),
      once: os.watching.once.handler(async function* () {
        yield* steps(world, 'watching.once', 0);
        const uploads = { done: 0, waiting: 0, failed: 0, reasons: [] };
        return { registered: 0, versions: 0, waiting: 0, failed: 0, skipped: 0, storages: 1, uploads };
      }),
      rule: os.watching.rule.handler(({ input }) => setRule(world, input)),
      look: os.watching.look.handler(() => {
        for (const folder of world.folders) folder.checked_at = new Date().toISOString();
        emit(world, { type: 'folders' });
        return {};
      }),
    },
    changes: {
      view: os.changes.view.handler(() => ({ items: world.changes })),
      transactions: os.changes.transactions.handler(({ input }) => tellDeeds(world, input)),
      undo: os.changes.undo.handler(({ input }) => takeBack(world, input.change)),
      events: os.changes.events.handler(async function* ({ signal }) {
        const queue: EngineEvent[] = [];
        let wake = (): void => undefined;
        const listener = (event: EngineEvent): void => {
          queue.push(event);
          wake();
        };
        world.listeners.add(listener);
        signal?.addEventListener('abort', () => wake());
        try {
          while (!signal?.aborted) {
            const event = queue.shift();
            if (event !== undefined) yield event;
            else await new Promise<void>((resolve) => (wake = resolve));
          }
        } finally {
          world.listeners.delete(listener);
        }
      }),
    },
    registry: {
      backups: os.registry.backups.handler(() => ({ items: world.backups })),
      backup: os.registry.backup.handler(() => backUp(world)),
      restore: os.registry.restore.handler(({ input }) => restoreBackup(world, input.id)),
      doctor: os.registry.doctor.handler(async function* ({ input }) {
        if (!input.repair) return await Promise.resolve({ checks: [] });
        world.failures.delete('instance.current');
        const message = 'Repaired: all 60 artifacts were saved into a new registry';
        return await Promise.resolve({ checks: [{ name: 'repair', ok: true, message, remedy: null }] });
      }),
    },
    host: {
      capabilities: os.host.capabilities.handler(() => world.capabilities),
      pickFolder: os.host.pickFolder.handler(() => ({ path: null })),
      pickFiles: os.host.pickFiles.handler(() => ({ paths: [] })),
      reveal: os.host.reveal.handler(() => ({})),
      listFolders: os.host.listFolders.handler(({ input }) => world.listing(input.path ?? null)),
      version: os.host.version.handler(() => ({ version: '0.1.0' })),
    },
  });
}
