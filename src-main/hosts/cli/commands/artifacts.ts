/** `save`, `describe`, `versions`, `path`, `edit`, `verify`, `log`. */
import { BenchkeepError } from '../../../../shared/errors.ts';
import type { ArtifactKind } from '../../../../shared/contract/index.ts';
import { formatBytes } from '../../../../shared/format/bytes.ts';
import type { Command } from '../command.ts';
import { renderFields, renderTable } from '../render-text.ts';
import { runJob } from '../run-job.ts';
import { yesOrNo } from '../yes-or-no.ts';
import { artifactsTable } from './artifacts-table.ts';
import { renderChanges } from './changes.ts';

const KINDS: readonly ArtifactKind[] = ['dataset', 'model', 'code'];

function kindOf(text: string | undefined): ArtifactKind | null {
  if (text === undefined) return null;
  const kind = KINDS.find((known) => known === text);
  if (kind === undefined) {
    throw new BenchkeepError('invalid_argument', `"${text}" is not a kind`, `Use one of: ${KINDS.join(', ')}.`);
  }
  return kind;
}

const save: Command = {
  name: 'save',
  usage: 'PATH...',
  help: 'register files or folders',
  positionals: [1, 100_000],
  options: {
    key: { value: 'K', help: 'name in the registry' },
    description: { value: 'D', help: 'what it is' },
    kind: { value: 'dataset|model|code', help: 'what sort of artifact' },
    revises: { value: 'UID', help: 'the artifact whose next version this is' },
    run: { value: 'UID', help: 'the run that made it' },
    'version-tag': { value: 'T', help: 'your own name of the version' },
    label: { value: 'NAME', repeated: true, help: 'a label to add' },
    new: { help: 'a new artifact even if the content is known' },
    upload: { help: 'into the bucket, also where new files are kept on this computer' },
  },
  async run(context) {
    const given = context.arguments;
    const client = await context.client();
    const result = await runJob(
      client.artifacts.save(
        {
          paths: given.positionals.map(context.absolute),
          key: given.text('key') ?? null,
          description: given.text('description') ?? null,
          kind: kindOf(given.text('kind')),
          revises: given.text('revises') ?? null,
          run: given.text('run') ?? null,
          version_tag: given.text('version-tag') ?? null,
          labels: given.list('label'),
          new: given.has('new'),
          upload: given.has('upload'),
        },
        { signal: context.signal },
      ),
      context,
    );
    const text = [artifactsTable(result.items), ...result.warnings.map((warning) => `note: ${warning}`)].join('\n');
    return { json: result, text };
  },
};

const describe: Command = {
  name: 'describe',
  usage: 'ARTIFACT',
  help: 'everything known of an artifact',
  positionals: [1, 1],
  async run(context) {
    const [artifact = ''] = context.arguments.positionals;
    const found = await (await context.client()).artifacts.describe({ artifact });
    const text = renderFields([
      ['uid', found.uid],
      ['name', found.key],
      ['description', found.description],
      [
        'version',
        `${String(found.version_number)}${found.is_latest ? ' (newest)' : ''}${found.version === null ? '' : ` "${found.version}"`}`,
      ],
      ['type', found.suffix],
      ['kind', found.kind],
      ['size', formatBytes(found.size)],
      ['files', found.n_files],
      ['state', found.state_reason === null ? found.state : `${found.state}: ${found.state_reason}`],
      ['where', found.storage.root],
      ...found.copies.map(({ path }) => ['path', path] as const),
      ['labels', found.ulabels.join(', ')],
      ['collections', found.collections.join(', ')],
      ['hash', found.hash === null ? null : `${found.hash} (${found.hash_type ?? ''})`],
      ['sha256', found.sha256],
      ['run', found.run],
      ['added', `${found.created_at} by ${found.created_by}`],
      ['changed', found.updated_at],
      ['same content as', found.same_content_as.map(({ key, uid }) => key ?? uid).join(', ')],
    ]);
    return { json: found, text };
  },
};

const versions: Command = {
  name: 'versions',
  usage: 'ARTIFACT',
  help: 'its versions, newest first',
  positionals: [1, 1],
  async run(context) {
    const [artifact = ''] = context.arguments.positionals;
    const found = await (await context.client()).artifacts.versions({ artifact });
    const rows = found.items.map((item) => [
      item.uid,
      item.key,
      item.version,
      item.is_latest,
      formatBytes(item.size),
      item.state,
      item.created_at,
    ]);
    return {
      json: found,
      text: renderTable(['uid', 'name', 'version', 'newest', 'size', 'state', 'added'], rows, 'No versions.'),
    };
  },
};

const path: Command = {
  name: 'path',
  usage: 'ARTIFACT',
  help: 'where its content lies on this computer',
  positionals: [1, 1],
  async run(context) {
    const [artifact = ''] = context.arguments.positionals;
    const found = await (await context.client()).artifacts.path({ artifact });
    return { json: found, text: found.path };
  },
};

const edit: Command = {
  name: 'edit',
  usage: 'ARTIFACT',
  help: 'change its name, description, kind, version tag, or whether it is shown',
  positionals: [1, 1],
  options: {
    key: { value: 'K', help: 'its name in the registry' },
    move: { help: 'also rename its file in place' },
    description: { value: 'D', help: 'what it is' },
    kind: { value: 'dataset|model|code', help: 'what sort of artifact' },
    'version-tag': { value: 'T', help: 'your own name of the version; empty takes it away' },
    hidden: { value: 'yes|no', help: 'leave it out of ordinary lists' },
  },
  async run(context) {
    const given = context.arguments;
    const [artifact = ''] = given.positionals;
    const description = given.text('description');
    const kind = kindOf(given.text('kind'));
    const key = given.text('key');
    const tag = given.text('version-tag');
    const hidden = yesOrNo('hidden', given.text('hidden'));
    if (given.has('move') && key === undefined)
      throw new BenchkeepError('invalid_argument', '--move needs a name', 'Give it: --key NAME --move.');
    const result = await (
      await context.client()
    ).artifacts.edit({
      artifact,
      ...(description === undefined ? {} : { description }),
      ...(kind === null ? {} : { kind }),
      ...(key === undefined ? {} : { key, move: given.has('move') }),
      ...(tag === undefined ? {} : { version: tag }),
      ...(hidden === null ? {} : { visibility: hidden ? 0 : 1 }),
    });
    return { json: result, text: artifactsTable(result.items) };
  },
};

const verify: Command = {
  name: 'verify',
  usage: '[ARTIFACT...]',
  help: 'read content again and compare with its checksum',
  positionals: [0, 100_000],
  options: { all: { help: 'every artifact' }, registry: { help: 'the registry and its change log' } },
  async run(context) {
    const given = context.arguments;
    const input = { artifacts: given.positionals, all: given.has('all'), registry: given.has('registry') };
    if (input.artifacts.length === 0 && !input.all && !input.registry) {
      throw new BenchkeepError(
        'invalid_argument',
        'Nothing to verify was named',
        'Name artifacts, or give --all or --registry.',
      );
    }
    const result = await runJob((await context.client()).artifacts.verify(input, { signal: context.signal }), context);
    const text = [
      `${String(result.checked)} checked, ${String(result.ok)} ok, ${String(result.failed.length)} failed`,
      ...result.failed.map((failed) => `${failed.uid}  ${failed.path}  ${failed.reason}`),
      ...(result.notes ?? []).map(({ uid, path, note }) => `${uid}  ${path}  ${note}`),
    ].join('\n');
    return { json: result, text, exitCode: result.failed.length > 0 ? 1 : 0 };
  },
};

const log: Command = {
  name: 'log',
  usage: 'ARTIFACT',
  help: 'its audit trail',
  positionals: [1, 1],
  async run(context) {
    const [artifact = ''] = context.arguments.positionals;
    const found = await (await context.client()).artifacts.log({ artifact });
    return { json: found, text: renderChanges(found.items) };
  },
};

export const artifactCommands: readonly Command[] = [save, describe, versions, path, edit, verify, log];
