/** Watched folders on real mounts, in a mount namespace of its own; prints what came of each as JSON. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scanThreads } from '../../../src-main/engine/scan-client.ts';
import { reconcile } from '../../../src-main/watching/reconcile.ts';
import { mount, unmount } from '../../storage/mounts.ts';
import { fakeClock } from '../fake-clock.ts';
import { openWatching, until, type TestWatching } from '../open-watching.ts';

const [base = ''] = process.argv.slice(2);
const results: Record<string, unknown> = {};
const clock = fakeClock(Date.now() + 60_000);

function folder(name: string): string {
  mkdirSync(join(base, name), { recursive: true });
  return join(base, name);
}
function fill(root: string, names: string[]): void {
  for (const name of names) writeFileSync(join(root, name), `${root} ${name}`);
}
const NAMES = ['a.csv', 'b.csv', 'c.csv', 'd.csv', 'e.csv', 'f.csv'];

/** A drive (a tmpfs) at `place`; it keeps its content when it is taken away. */
function drive(name: string): { plugIn(place: string): void; inside: string } {
  const inside = folder(name);
  mount('-t', 'tmpfs', 'none', inside);
  return {
    inside,
    plugIn(place) {
      mount('--bind', inside, place);
    },
  };
}

async function comesAndGoes(test: TestWatching, managed: boolean): Promise<void> {
  const kind = managed ? 'managed' : 'linked';
  const root = folder(`usb-${kind}`);
  const first = drive(`drive-1-${kind}`);
  fill(first.inside, NAMES);
  first.plugIn(root);
  await test.add(root, managed);
  await test.rule({ settle: 0 }, root);
  const watching = await test.start();
  const health = async (): Promise<string | undefined> =>
    (await watching.folders()).find((watched) => watched.root === root)?.health;
  await until(async () => (await test.keys(root)).length === 6, 'registered');
  const { uid } = await test.storage(root);
  await watching.look(uid);
  const before = await test.changes();
  const untouched = async (): Promise<boolean> =>
    (await test.changes()) === before && (await test.gone(root)).length === 0 && (await test.inbox(root)).length === 0;

  unmount(root);
  test.hints.hint(root, ...NAMES.map((name) => join(root, name)));
  await until(async () => (await health()) === 'offline', 'offline');
  await watching.look(uid);
  results[`F-WA05 ${kind}`] = [await health(), await untouched()];
  results[`F-WA08 ${kind}`] = readdirSync(root);

  const second = drive(`drive-2-${kind}`);
  fill(second.inside, ['other 1.csv', 'other 2.csv', 'other 3.csv']);
  second.plugIn(root);
  await watching.look(uid);
  test.hints.hint(root, join(root, 'other 1.csv'));
  await watching.look(uid);
  results[`F-WA07 ${kind}`] = [await health(), await untouched(), readdirSync(root).length];
  unmount(root);

  writeFileSync(join(first.inside, 'a.csv'), 'changed while it was away');
  writeFileSync(join(first.inside, 'new.csv'), 'new');
  first.plugIn(root);
  await watching.look(uid);
  const rows = await test.artifacts(root);
  results[`F-WA06 ${kind}`] = [await health(), rows.length, await test.keys(root), await test.gone(root)];
  await watching.close();
}

async function vanishesInMidScan(test: TestWatching): Promise<void> {
  const root = folder('big');
  const disk = drive('drive-big');
  for (let i = 0; i < 40; i++) {
    mkdirSync(join(disk.inside, `run ${String(i)}`));
    for (let k = 0; k < 5; k++)
      writeFileSync(join(disk.inside, `run ${String(i)}`, `${String(k)}.csv`), `${String(i)} ${String(k)}`);
  }
  disk.plugIn(root);
  const storage = await test.add(root);
  await test.pass({ root });
  const before = await test.changes();
  const go = join(base, 'go-on');
  process.env['BK_FAILPOINT'] = `scan.folder.before#20=pause:${go}`;
  const scanner = scanThreads(test.context.workstation.path);
  const pass = reconcile({ ...test.context, scanner }, { storage, settle: 0 }).then(
    () => 'concluded',
    (error: { code?: string }) => error.code,
  );
  await until(() => existsSync(`${go}.reached`), 'in mid-scan');
  delete process.env['BK_FAILPOINT'];
  unmount(root);
  // Another drive is there already when the walk goes on.
  const second = drive('drive-wrong');
  fill(second.inside, ['wrong.csv']);
  mkdirSync(join(second.inside, 'run 30'));
  fill(join(second.inside, 'run 30'), ['1.csv', 'x.csv']);
  second.plugIn(root);
  writeFileSync(go, '');
  results['F-WA09'] = [await pass, (await test.changes()) === before, await test.gone(root)];
  await scanner.close();
  unmount(root);
  disk.plugIn(root);
  results['F-WA09 after'] = (await test.pass({ root })).taken.registered;
}

async function bindMounts(test: TestWatching): Promise<void> {
  const root = folder('bound');
  mkdirSync(join(root, 'run'));
  fill(root, ['a.csv']);
  fill(join(root, 'run'), ['b.csv']);
  mkdirSync(join(root, 'run', 'loop'));
  mkdirSync(join(root, 'same run'));
  mount('--bind', root, join(root, 'run', 'loop'));
  mount('--bind', join(root, 'run'), join(root, 'same run'));
  await test.add(root);
  await test.pass({ root });
  await test.pass({ root });
  await test.pass({ root, start: ['run/loop', 'run'] });
  results['F-WA13'] = [await test.keys(root), await test.gone(root)];
}

async function readOnly(test: TestWatching): Promise<void> {
  const root = folder('ro');
  fill(root, NAMES);
  mount('--bind', root, root);
  mount('-o', 'remount,bind,ro', root);
  await test.add(root);
  const { taken } = await test.pass({ root });
  results['F-WA17'] = [taken.registered, taken.failed, readdirSync(root)];
}

const test = await openWatching({ base, clock });
await comesAndGoes(test, true);
await comesAndGoes(test, false);
await vanishesInMidScan(test);
await bindMounts(test);
await readOnly(test);
await test.close();
process.stdout.write(JSON.stringify(results));
