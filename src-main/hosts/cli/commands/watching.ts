/** `watch`, `watch rule`. */
import { BenchkeepError } from '../../../../shared/errors.ts';
import type { ChangeRecord, EngineEvent, WatchSummary } from '../../../../shared/contract/index.ts';
import type { Client, Command, CommandContext } from '../command.ts';
import { escapeForDisplay } from '../../../../shared/format/display-name.ts';
import { countOf } from '../../../../shared/format/counts.ts';
import { onStorage } from '../storage-argument.ts';
import { runJob } from '../run-job.ts';

const watch: Command = {
  name: 'watch',
  usage: '',
  help: 'register what is there, then keep watching',
  positionals: [0, 0],
  options: { once: { help: 'stop after the first full pass, when what arrived by rule is uploaded' } },
  async run(context) {
    const client = await context.client();
    if (context.arguments.has('once')) {
      const summary = await runJob(client.watching.once({}, { signal: context.signal }), context);
      return { json: summary, text: summaryText(summary) };
    }
    await keepWatching(client, context);
    return null;
  },
};

function summaryText(summary: WatchSummary): string {
  const parts = [
    `${String(summary.registered)} registered`,
    `${countOf(summary.versions, 'new version')}`,
    `${String(summary.waiting)} waiting`,
    `${String(summary.failed)} failed`,
    `${String(summary.skipped)} skipped`,
  ];
  const registered = `${parts.join(', ')} in ${countOf(summary.storages, 'watched folder')}`;
  return [registered, ...uploadLines(summary.uploads)].join('\n');
}

/** None where nothing was to be uploaded. */
function uploadLines({ done, waiting, failed, reasons }: WatchSummary['uploads']): string[] {
  if (done + waiting + failed === 0) return [];
  const counts = `${String(done)} uploaded, ${String(waiting)} waiting to be uploaded, ${String(failed)} not uploaded`;
  return [counts, ...reasons.map((reason) => `note: ${reason}`)];
}

async function keepWatching(client: Client, context: CommandContext): Promise<void> {
  const events = await client.changes.events({}, { signal: context.signal });
  if (!context.json) {
    const folders = (await client.watching.folders({})).items;
    if (folders.length === 0) context.line('No folder is watched. Add one: benchkeep storage add FOLDER --watch');
    for (const folder of folders) context.line(`Watching ${folder.root}`);
  }
  let seen = (await client.changes.view({ limit: 1 })).items[0]?.id ?? 0;
  // Over a socket the end is told to the engine, which may be the one that goes away.
  const stop = (): void => void events.return(undefined).catch(() => undefined);
  context.signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const event of events) {
      if (context.signal.aborted) break;
      if (context.json) context.line(JSON.stringify(event));
      else seen = await printEvent(client, context, event, seen);
    }
  } catch (error) {
    // Being stopped is how this command ends.
    if (!context.signal.aborted) throw error;
  }
}

/** Names what was registered since change `seen`; returns the newest change. */
async function printEvent(client: Client, context: CommandContext, event: EngineEvent, seen: number): Promise<number> {
  if (event.type === 'inbox') {
    if (event.waiting + event.failed > 0)
      context.line(`${String(event.waiting)} waiting, ${String(event.failed)} failed`);
    return seen;
  }
  if (event.type !== 'registry') return seen;
  const items: ChangeRecord[] = [];
  for (let before = event.last_change + 1; before > seen + 1;) {
    const page = (await client.changes.view({ limit: Math.min(1000, before - seen), before })).items;
    items.push(...page.filter(({ id }) => id > seen));
    before = page.at(-1)?.id ?? 0;
  }
  for (const item of items.reverse()) {
    if (item.registry !== 'artifact' || item.action !== 'insert') continue;
    const name = item.after?.['key'];
    context.line(`registered ${escapeForDisplay(typeof name === 'string' ? name : item.uid)}`);
  }
  return Math.max(seen, event.last_change);
}

const rule: Command = {
  name: 'watch rule',
  usage: 'ROOT',
  help: 'what is registered in a watched folder, and when it counts as complete',
  positionals: [1, 1],
  options: {
    include: { value: 'GLOB', repeated: true, help: 'only these' },
    exclude: { value: 'GLOB', repeated: true, help: 'not these' },
    settle: { value: 'SECONDS', help: 'how long a file must stay unchanged' },
    bundle: { value: 'GLOB', repeated: true, help: 'folders that are one item each, beside run folders; "" for none' },
    upload: { help: 'upload what is registered there from now on' },
    'no-upload': { help: 'upload it only when a person says so' },
    'done-marker': {
      value: 'NAME',
      help: 'the file in them, or {name}.done beside them, that says they are done; "" for none',
    },
  },
  async run(context) {
    const given = context.arguments;
    const [named = ''] = given.positionals;
    const settle = given.text('settle');
    const change = {
      ...(given.has('include') ? { include: given.list('include') } : {}),
      ...(given.has('exclude') ? { exclude: given.list('exclude') } : {}),
      ...(settle === undefined ? {} : { settle: seconds(settle) }),
      ...(given.has('bundle') ? { bundle: given.list('bundle').filter((glob) => glob !== '') } : {}),
      ...(given.has('upload') || given.has('no-upload') ? { upload: isUploaded(given) } : {}),
      ...(given.has('done-marker') ? { done_marker: given.text('done-marker') || null } : {}),
    };
    const client = await context.client();
    const result = await onStorage(context, named, (storage) => client.watching.rule({ storage, ...change }));
    const text = `include ${result.rule.include.join(' ') || 'everything'}; exclude ${result.rule.exclude.join(' ') || 'nothing'}; settle ${String(result.rule.settle ?? 'by kind of disk')}; one item each: ${['known run folders', ...result.rule.bundle].join(' ')}; done by ${result.rule.done_marker ?? 'no marker'}; ${result.rule.upload ? 'what arrives is uploaded' : 'nothing is uploaded by itself'}`;
    return { json: result, text };
  },
};

function isUploaded(given: Pick<CommandContext['arguments'], 'has'>): boolean {
  if (!given.has('upload') || !given.has('no-upload')) return given.has('upload');
  throw new BenchkeepError(
    'invalid_argument',
    '--upload and --no-upload exclude each other',
    'Give one of them, or none to leave it as it is.',
  );
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new BenchkeepError('invalid_argument', `"${text}" is not a number of seconds`, 'Give a number such as 10.');
}

export const watchingCommands: readonly Command[] = [watch, rule];
