/** `demo`: the main job from folder to found file, on sample files that the project makes itself or on `--data DIR`. */
import { countOf } from '../../../../shared/format/counts.ts';
import { formatBytes } from '../../../../shared/format/bytes.ts';
import { nodeFs } from '../../../ports/fs/node-fs.ts';
import { rawFromText } from '../../../ports/fs/raw-path.ts';
import { makeTemporaryFolder } from '../../../ports/fs/temporary-folder.ts';
import { systemRandom } from '../../../ports/random.ts';
import type { Client, Command, CommandContext } from '../command.ts';
import { composeSampleFiles } from '../demo/compose-sample-files.ts';
import { seedRandom } from '../demo/draw-numbers.ts';
import { makeSampleFiles, type SampleWriter } from '../demo/make-sample-files.ts';
import { openClient } from '../open-client.ts';
import { runJob } from '../run-job.ts';
import { artifactsTable } from './artifacts-table.ts';

/** Seconds that a file must rest in the demonstration: enough to show the wait, short enough to watch. */
const SETTLE = 2;
const LABEL = 'my experiment';

const demo: Command = {
  name: 'demo',
  usage: '',
  help: 'the main job on sample data, in a temporary folder',
  positionals: [0, 0],
  options: { data: { value: 'DIR', help: 'your own files instead (they are only read)' } },
  async run(context) {
    const folder = await makeTemporaryFolder('benchkeep-demo');
    try {
      const own = context.arguments.text('data');
      const watched = own === undefined ? `${folder.path}/instruments` : context.absolute(own);
      const opened = await openClient({
        home: `${folder.path}/home`,
        instance: null,
        watch: false,
        transfers: false,
        open: true,
      });
      try {
        const found = await mainJob(opened.client, context, {
          watched,
          storage: `${folder.path}/benchkeep`,
          own: own !== undefined,
        });
        return { json: found, text: 'Done. Nothing of this is left on your disk.' };
      } finally {
        await opened.close();
      }
    } finally {
      await folder.remove();
    }
  },
};

export const demoCommands: readonly Command[] = [demo];

interface Places {
  watched: string;
  storage: string;
  /** The files are the person's own: nothing is written among them. */
  own: boolean;
}

async function mainJob(client: Client, context: CommandContext, places: Places): Promise<unknown> {
  const say = (text: string): void => {
    if (!context.json) context.line(text);
  };
  let steps = 0;
  const step = (text: string): void => {
    say(`${String(++steps)}. ${text}`);
  };
  const writer = sampleWriter();
  if (!places.own) {
    const written = await makeSampleFiles(writer, places.watched, seedRandom(1));
    step(`An instrument has written ${String(written.length)} files (tables, FCS, TIFF, FASTQ) to ${places.watched}`);
  } else step(`Your files are in ${places.watched}; they are only read`);

  await client.instance.init({ storage: places.storage, name: 'demo' });
  await client.storages.add({ root: places.watched, watch: true });
  await client.watching.rule({ storage: places.watched, settle: SETTLE });
  step('Benchkeep keeps track of that folder; no file is moved');

  const summary = await runJob(client.watching.once({}, { signal: context.signal }), context);
  step(
    `${countOf(summary.registered, 'file')} registered where they are, ${String(summary.skipped)} left out as temporary or special`,
  );

  const late = places.own ? null : await dropOneMore(client, context, writer, places.watched, step);
  const page = await client.artifacts.list({ limit: 8 });
  say('');
  say(artifactsTable(page.items));
  say('');

  const chosen = late ?? page.items[0]?.uid;
  if (chosen === undefined) return { items: [] };
  await client.labels.create({ name: LABEL });
  await client.labels.add({ artifacts: [chosen], labels: [LABEL] });
  const found = await client.artifacts.list({ filters: [`ulabels__name=${LABEL}`] });
  step(
    `${late === null ? 'One of them' : 'It'} is labelled "${LABEL}" and found again by that label: ${found.items[0]?.key ?? 'nothing'} (${formatBytes(found.items[0]?.size ?? 0)})`,
  );
  const { path } = await client.artifacts.path({ artifact: chosen });
  step(`It is where it always was: ${path}`);
  const { signal } = context;
  const files = await runJob(client.artifacts.verify({ all: true }, { signal }), context);
  step(`Every file was read again: ${String(files.ok)} of ${String(files.checked)} are as they were registered`);
  const registry = await runJob(client.artifacts.verify({ registry: true }, { signal }), context);
  if (registry.failed.length === 0) step('The registry was proved against its own history: it is sound');
  else step(`The registry is not sound: ${registry.failed.map(({ reason }) => reason).join('; ')}`);
  say('');
  return found;
}

/** Uid of the file that arrived. */
async function dropOneMore(
  client: Client,
  context: CommandContext,
  writer: SampleWriter,
  watched: string,
  step: (text: string) => void,
): Promise<string | null> {
  const file = composeSampleFiles(seedRandom(2)).find(({ path }) => path.endsWith('.fcs'));
  if (file === undefined) return null;
  await writer.makeFolder(`${watched}/flow`);
  await writer.writeFile(`${watched}/flow/arrived-later.fcs`, file.bytes);
  await runJob(client.watching.once({}, { signal: context.signal }), context);
  const { items } = await client.artifacts.list({ search: 'arrived later' });
  step(`One more file arrived and was registered by itself: ${items[0]?.key ?? 'nothing'}`);
  return items[0]?.uid ?? null;
}

function sampleWriter(): SampleWriter {
  const fs = nodeFs(systemRandom);
  return {
    makeFolder: (path) => fs.makeFolder(rawFromText(path)),
    writeFile: (path, bytes) => fs.writeTempFsyncRename(rawFromText(path), bytes, 0o644),
  };
}
