/**
 * How long publishing a large registry takes, and how long a save waits meanwhile.
 * `node test/bench/publish.ts [artifacts] [root]`
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { registryThreads } from '../../src-main/engine/registry-client.ts';
import { openInstance } from '../../src-main/instance/index.ts';
import { selfOf, placeOf } from '../../src-main/instance/publishing/place-of.ts';
import { publishRegistry } from '../../src-main/instance/publishing/publish-registry.ts';
import { NOTHING_SEEN } from '../../src-main/instance/publishing/published-memory.ts';
import { findInstance, setSettings } from '../../src-main/instance/index.ts';
import { rawToDisplay } from '../../src-main/ports/fs/raw-path.ts';
import { noHasher, openBenchWorkbench } from '../instance/open-bench.ts';
import { millionArtifacts } from './million-artifacts/build-million.ts';

const n = Number(process.argv[2] ?? 200_000);
const made = await millionArtifacts(n);
const base = mkdtempSync(join(process.env['XDG_CACHE_HOME'] ?? tmpdir(), 'benchkeep-publish-'));
cpSync(made, join(base, 'home'), { recursive: true });
const workbench = await openBenchWorkbench(join(base, 'home'));
const open = await openInstance(workbench, { name: null, hasher: noHasher });
const card = await findInstance(workbench, open.instanceName);
const place = await placeOf(workbench, {
  ...card,
  ...(process.argv[3] === undefined ? {} : { published_at: process.argv[3] }),
});
if (place === null) throw new Error('no place');
const files = registryThreads();
const waits: number[] = [];
let over = false;
let keep = false;
async function saves(): Promise<void> {
  while (!over) {
    const began = performance.now();
    await setSettings(open, { keep_artifacts_local: (keep = !keep) });
    waits.push(performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
function tell(what: string): void {
  const sorted = waits.splice(0).sort((a, b) => a - b);
  const at = (part: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(1);
  console.log(`${what}: ${String(sorted.length)} saves, ms: p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)}`);
}
try {
  let saving = saves();
  await new Promise((resolve) => setTimeout(resolve, 5000));
  over = true;
  await saving;
  tell('without publishing');
  over = false;
  saving = saves();
  const began = performance.now();
  const request = {
    folder: open.folder,
    uid: open.instanceUid,
    place,
    self: selfOf(workbench, open.instanceUid),
    memory: NOTHING_SEEN,
  };
  const done = await publishRegistry(
    workbench,
    files,
    { ...request, signal: new AbortController().signal },
    () => undefined,
  );
  const took = (performance.now() - began) / 1000;
  over = true;
  await saving;
  tell('while publishing');
  const size = done !== null && 'note' in done ? (done.note?.size ?? 0) : 0;
  console.log(
    `${String(n)} artifacts, ${(size / 1e6).toFixed(0)} MB, published to ${place.root} in ${took.toFixed(1)} s; ${rawToDisplay(open.folder)}`,
  );
} finally {
  await open.close();
  await files.close();
  rmSync(base, { recursive: true, force: true });
}
