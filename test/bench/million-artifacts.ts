/**
 * Finding among a million artifacts: pages by every sort, searches, filters, facets, through the reader's thread as
 * windows use it. Prints p50 and p99 in milliseconds beside what is wanted. `npx node test/bench/million-artifacts.ts [n]`
 */
import { join } from 'node:path';
import { listArtifactsInput, type SortField } from '../../shared/contract/artifacts.ts';
import { startReader } from '../../src-main/engine/reader-client.ts';
import type { Reads } from '../../src-main/engine/reads.ts';
import { systemClock } from '../../src-main/ports/clock.ts';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { mix, millionArtifacts, WORKSTATION } from './million-artifacts/build-million.ts';

const n = Number(process.argv[2] ?? 1_000_000);
const RUNS = Number(process.argv[3] ?? 200);

type ListInput = Parameters<Reads['listArtifacts']>[0];
const list = (input: Partial<ListInput>): ListInput => listArtifactsInput.parse(input);

const folder = await millionArtifacts(n);
const opening = performance.now();
const reader = await startReader(
  { registry: rawFromText(join(folder, 'registry.db')), workstation: rawFromText(join(folder, 'workstation.db')), workstationUid: WORKSTATION },
  systemClock,
);
const { reads } = reader;
await reads.listArtifacts(list({}));
report('open and first page', [performance.now() - opening], 1000);

async function measure(name: string, wanted: number | null, run: (i: number) => Promise<unknown>): Promise<void> {
  const times: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    const started = performance.now();
    await run(i);
    times.push(performance.now() - started);
    if (times.length >= 20 && times.reduce((sum, time) => sum + time, 0) > 10_000) break;
  }
  report(name, times, wanted);
}

function report(name: string, times: number[], wanted: number | null): void {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(1).padStart(8);
  const p99 = sorted[Math.min(sorted.length - 1, Math.floor(0.99 * sorted.length))] ?? 0;
  const verdict = wanted === null ? '' : p99 <= wanted ? `  ok, wanted ${String(wanted)}` : `  TOO SLOW, wanted ${String(wanted)}`;
  console.log(`${name.padEnd(46)} p50 ${at(0.5)}  p99 ${at(0.99)}${verdict}`);
}

/** Pages one after the other, from the beginning again at the end. */
function paging(input: Partial<ListInput>): () => Promise<void> {
  let cursor: string | null = null;
  return async () => {
    const page = await reads.listArtifacts(list({ ...input, cursor }));
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
for (const [name, search] of searches) await measure(`search: ${name}`, 20, (i) => reads.listArtifacts(list({ search: search(i) })));

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
for (const [name, filter] of filters) await measure(`filter: ${name}`, 50, (i) => reads.listArtifacts(list({ filters: [filter(i)] })));
for (const [name, filter] of filters) {
  await measure(`filter, by key: ${name}`, null, (i) => reads.listArtifacts(list({ filters: [filter(i)], sort: { field: 'key', descending: false } })));
}
await measure('search and sort by key: every artifact', null, () => reads.listArtifacts(list({ search: 'sample', sort: { field: 'key', descending: false } })));
await measure('search and sort by size: three words', null, (i) => reads.listArtifacts(list({ search: `plate ${String(10 + (i % 80))} fcs`, sort: { field: 'size', descending: true } })));
await measure('search and label', null, (i) => reads.listArtifacts(list({ search: 'csv', filters: [`ulabels__name=label ${String(i % 40)}`] })));
await measure('two labels', null, (i) => reads.listArtifacts(list({ filters: [`ulabels__name=label ${String(i % 40)}`, `ulabels__name=label ${String((i % 40) + 1)}`] })));
await measure('facets', 100, () => reads.listFacets({}));
await measure('labels', null, () => reads.listLabels({}));
await measure('latest changes', null, () => reads.viewChanges({ limit: 50 }));
await measure('latest changes since', null, (i) => reads.viewChanges({ limit: 50, since: `2024-01-01T0${String(i % 8)}:00` }));
const some = (await reads.listArtifacts(list({ limit: 1000, sort: { field: 'size', descending: true } }))).items;
await measure('describe', null, (i) => reads.describeArtifact({ artifact: some[i]?.uid ?? '' }));
await measure('describe by key', null, (i) => reads.describeArtifact({ artifact: some[i]?.key ?? '' }));
console.log(`memory of the process ${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB`);
await reader.close();
