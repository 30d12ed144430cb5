/**
 * Finding among a million artifacts: pages by every sort, searches, filters, facets, through the contract as windows
 * use it: from a client over a port to the engine's thread, and from there to the reader's. Prints p50 and p99 in
 * milliseconds beside what is wanted, and the CPU time of the whole process, which other programs blur less.
 * `node test/bench/million-artifacts.ts [ARTIFACTS] [RUNS]`
 */
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/message-port';
import type { ContractRouterClient } from '@orpc/contract';
import process from 'node:process';
import { MessageChannel } from 'node:worker_threads';
import { listArtifactsInput, type SortField } from '../../shared/contract/artifacts.ts';
import type { Contract } from '../../shared/contract/index.ts';
import type { Host } from '../../src-main/engine/host.ts';
import { startEngine } from '../../src-main/engine/start-engine.ts';
import { keepAlive } from '../../src-main/ports/clock.ts';
import { millionArtifacts, mix } from './million-artifacts/build-million.ts';
import { noKeychain } from '../../src-main/hosts/no-keychain.ts';

const n = Number(process.argv[2] ?? 1_000_000);
const RUNS = Number(process.argv[3] ?? 200);
/** MB of the engine and the main thread together. */
const MOST_MEMORY = 400;

type Client = ContractRouterClient<Contract>;
type ListInput = Parameters<Client['artifacts']['list']>[0];
const list = (input: Partial<ListInput>): ListInput => listArtifactsInput.parse(input);

const host: Host = {
  capabilities: { kind: 'cli', folder_picker: false, reveal: false, dropped_paths: false, keychain: false },
  pickFolder: () => Promise.resolve(null),
  pickFiles: () => Promise.resolve([]),
  reveal: () => Promise.resolve(),
  ...noKeychain,
};

const home = await millionArtifacts(n);
const rest = keepAlive();
const opening = performance.now();
const engine = await startEngine({ home, instance: 'million' }, host);
const { port1, port2 } = new MessageChannel();
engine.attach(port2);
const client = createORPCClient<Client>(new RPCLink({ port: port1 }));
await client.artifacts.list(list({}));
report('open and first page', [performance.now() - opening], 1000);

async function measure(name: string, wanted: number | null, run: (i: number) => Promise<unknown>): Promise<void> {
  const times: number[] = [];
  const cpu = process.cpuUsage();
  for (let i = 0; i < RUNS; i++) {
    const started = performance.now();
    await run(i);
    times.push(performance.now() - started);
    if (times.length >= 20 && times.reduce((sum, time) => sum + time, 0) > 10_000) break;
  }
  const { user, system } = process.cpuUsage(cpu);
  report(name, times, wanted, (user + system) / 1000 / times.length);
}

function report(name: string, times: number[], wanted: number | null, cpu?: number): void {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(1).padStart(8);
  const p99 = sorted[Math.min(sorted.length - 1, Math.floor(0.99 * sorted.length))] ?? 0;
  const used = cpu === undefined ? '' : `  CPU ${cpu.toFixed(1).padStart(6)}`;
  const verdict =
    wanted === null ? '' : p99 <= wanted ? `  ok, wanted ${String(wanted)}` : `  TOO SLOW, wanted ${String(wanted)}`;
  console.log(`${name.padEnd(46)} p50 ${at(0.5)}  p99 ${at(0.99)}${used}${verdict}`);
}

/** Pages one after the other, from the beginning again at the end. */
function paging(input: Partial<ListInput>): () => Promise<void> {
  let cursor: string | null = null;
  return async () => {
    const page = await client.artifacts.list(list({ ...input, cursor }));
    cursor = page.next_cursor;
  };
}

for (const field of ['created_at', 'updated_at', 'key', 'size', 'suffix'] as SortField[]) {
  await measure(`page by ${field}, ascending`, 20, paging({ sort: { field, descending: false } }));
  await measure(`page by ${field}, descending`, 20, paging({ sort: { field, descending: true } }));
}
const searches: [string, (i: number) => string][] = [
  ['every artifact (sample)', () => 'sample'],
  ['two letters (ex)', () => 'ex'],
  ['a run (run01)', (i) => `run${String(mix(i) % 2000).padStart(4, '0')}`],
  ['three words', (i) => `plate ${String(10 + (mix(i) % 80))} fcs`],
  ['part of a word', (i) => (mix(i) % 46656).toString(36).padStart(3, '0')],
  ['one sample', (i) => `sample_${(mix(i) % n).toString(36)}_`],
  ['nothing', (i) => `nothing${String(i)}`],
  ['label and suffix', (i) => `label ${String(10 + (i % 30))} tif`],
  ['described (fortessa donor)', () => 'fortessa donor'],
  ['two broad words that never meet', () => 'fortessa aurora'],
];
for (const [name, search] of searches)
  await measure(`search: ${name}`, 20, (i) => client.artifacts.list(list({ search: search(i) })));

const filters: [string, (i: number) => string][] = [
  ['suffix', (i) => `suffix=${['.fcs', '.csv', '.png', '.nothing'][i % 4] ?? ''}`],
  ['label, frequent', (i) => `ulabels__name=label ${String(i % 3)}`],
  ['label, any', (i) => `ulabels__name=label ${String(i % 40)}`],
  ['label, icontains', (i) => `ulabels__name__icontains=LABEL ${String(i % 10)}`],
  ['storage', (i) => `storage__uid=storage0000${String(i % 5)}`],
  ['storage root contains', () => 'storage__root__contains=ima'],
  ['kind', () => 'kind=dataset'],
  ['state missing', () => 'state=missing'],
  ['created_by', (i) => `created_by=${['ada', 'bob', 'cleo'][i % 3] ?? ''}`],
  ['key startswith', (i) => `key__startswith=run${String(mix(i) % 2500).padStart(4, '0')}/`],
  ['key contains', (i) => `key__contains=plate_${String(mix(i) % 96)}/`],
  ['key icontains, rare', (i) => `key__icontains=SAMPLE_${(mix(i) % n).toString(36).toUpperCase()}_`],
  ['size gt, rare', () => 'size__gt=999900000'],
  ['size gt, half', () => 'size__gt=500000000'],
  ['created_at gte', (i) => `created_at__gte=2024-01-01T0${String(i % 8)}:00:00`],
  ['sha256', (i) => `sha256__startswith=${mix(i).toString(16).slice(0, 3)}`],
  ['description contains', () => 'description__contains=Fortessa'],
];
for (const [name, filter] of filters)
  await measure(`filter: ${name}`, 50, (i) => client.artifacts.list(list({ filters: [filter(i)] })));
for (const [name, filter] of filters) {
  await measure(`filter, by key: ${name}`, null, (i) =>
    client.artifacts.list(list({ filters: [filter(i)], sort: { field: 'key', descending: false } })),
  );
}
await measure('search and sort by key: every artifact', null, () =>
  client.artifacts.list(list({ search: 'sample', sort: { field: 'key', descending: false } })),
);
await measure('search and sort by size: three words', null, (i) =>
  client.artifacts.list(
    list({ search: `plate ${String(10 + (i % 80))} fcs`, sort: { field: 'size', descending: true } }),
  ),
);
await measure('search and label', null, (i) =>
  client.artifacts.list(list({ search: 'csv', filters: [`ulabels__name=label ${String(i % 40)}`] })),
);
await measure('two labels', null, (i) =>
  client.artifacts.list(
    list({ filters: [`ulabels__name=label ${String(i % 40)}`, `ulabels__name=label ${String((i % 40) + 1)}`] }),
  ),
);
await measure('facets', 100, () => client.artifacts.facets({}));
await measure('labels', null, () => client.labels.list({}));
await measure('latest changes', null, () => client.changes.view({ limit: 50 }));
await measure('latest changes since', null, (i) =>
  client.changes.view({ limit: 50, since: `2024-01-01T0${String(i % 8)}:00` }),
);
const some = (await client.artifacts.list(list({ limit: 1000, sort: { field: 'size', descending: true } }))).items;
await measure('describe', null, (i) => client.artifacts.describe({ artifact: some[i]?.uid ?? '' }));
await measure('describe by key', null, (i) => client.artifacts.describe({ artifact: some[i]?.key ?? '' }));
const memory = process.memoryUsage.rss() / 1e6;
console.log(
  `engine and main together ${memory.toFixed(0)} MB${memory <= MOST_MEMORY ? '  ok' : '  TOO MUCH'}, wanted ${String(MOST_MEMORY)}`,
);
port1.close();
await engine.close();
rest();
