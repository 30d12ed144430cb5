/** Kills the making of an instance at its failpoints and looks at what is left. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect } from 'vitest';
import { initInstance, listInstances } from '../../src-main/instance/index.ts';
import { makeBench, type Bench } from './open-bench.ts';

const child = join(import.meta.dirname, 'children', 'init-child.ts');
const benches: Bench[] = [];
function bench(): Bench {
  const made = makeBench();
  benches.push(made);
  return made;
}
afterEach(async () => {
  for (const made of benches.splice(0)) await made.remove();
});

function init(made: Bench, env: Record<string, string>): Promise<NodeJS.Signals | null> {
  return new Promise((resolve) => {
    const run = execFile(process.execPath, [child, made.home, join(made.base, 'lab')], {
      env: { ...process.env, ...env },
    });
    run.on('exit', (_code, signal) => {
      resolve(signal);
    });
  });
}

async function points(): Promise<string[]> {
  const made = bench();
  const trace = join(made.base, 'trace');
  await init(made, { BK_FAILPOINT_TRACE: trace });
  return readFileSync(trace, 'utf8').trim().split('\n');
}

/** Whole: it opens, its storage is marked as its own. None: nothing is listed. Either way the next init makes it whole. */
async function killAt(point: string): Promise<void> {
  const made = bench();
  const signal = await init(made, { BK_FAILPOINT: `${point}=kill` });
  expect(signal, point).toBe('SIGKILL');
  const workbench = await made.workbench();
  const { items } = await listInstances(workbench);
  expect(items.length, point).toBeLessThanOrEqual(1);
  if (items.length === 1) {
    const open = await made.open(workbench, 'lab');
    expect(open.warnings, point).toEqual([]);
    await open.close();
  }
  const again = await initInstance(workbench, { storage: join(made.base, 'lab'), name: 'lab' });
  const open = await made.open(workbench);
  const storage = await open.registry.db.selectFrom('storage').selectAll().executeTakeFirstOrThrow();
  const marker = readFileSync(join(made.base, 'lab', '.lamindb', 'storage_uid.txt'), 'utf8');
  expect(marker.split('\n')[0], point).toBe(storage.uid);
  expect(marker, point).toContain(`instance_uid=${again.items[0]?.uid ?? ''}`);
  await open.close();
  const left = readdirSync(join(made.home, 'instances')).filter((name) => !name.startsWith('.setup'));
  expect(left, point).toEqual([again.items[0]?.uid]);
  expect(existsSync(join(made.home, 'settings.json'))).toBe(true);
}

/** Every `step`th point, and the last. */
export async function killInitAtPoints(step: number): Promise<void> {
  const all = await points();
  expect(all.length).toBeGreaterThan(20);
  expect(new Set(all.map((point) => point.split('#')[0]))).toContain('registry.commit.after');
  const queue = all.filter((_, index) => index % step === 0 || index === all.length - 1);
  async function work(): Promise<void> {
    for (let point = queue.shift(); point !== undefined; point = queue.shift()) await killAt(point);
  }
  await Promise.all([work(), work()]);
}
