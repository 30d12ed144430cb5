/** A share (FUSE) that hangs, answers again, and dies; prints what came of it as JSON. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepAlive } from '../../../src-main/ports/clock.ts';
import { fakeClock } from '../fake-clock.ts';
import { openWatching, until } from '../open-watching.ts';

const [base = ''] = process.argv.slice(2);
const rest = keepAlive();
const results: Record<string, unknown> = {};
const clock = fakeClock(Date.now() + 60_000);
const test = await openWatching({ base, clock });
await test.rule({ settle: 0 });
const [disk, share] = [test.folder('disk'), test.folder('share')];
for (let i = 0; i < 6; i++) {
  mkdirSync(join(disk, `run ${String(i)}`));
  writeFileSync(join(disk, `run ${String(i)}`, 'a.csv'), String(i));
}
// Nothing cached: each look is asked of the share.
const fuse = spawn('bindfs', ['-f', '-o', 'attr_timeout=0,entry_timeout=0,negative_timeout=0', disk, share], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
await until(() => existsSync(join(share, 'run 0')), 'mounted');
await test.add(share);
await test.rule({ settle: 0 }, share);
const { uid } = await test.storage(share);
const mine = (await test.storage()).uid;

const watching = await test.start();
const health = async (): Promise<string | undefined> =>
  (await watching.folders()).find(({ storage }) => storage === uid)?.health;
await until(async () => (await test.keys(share)).length === 6, 'registered');
await watching.look();
const rows = async (): Promise<unknown> =>
  (await test.artifacts(share)).map((row) => [row.uid, row.state, row.updated_at]);
const before = JSON.stringify(await rows());
const untouched = async (): Promise<boolean> =>
  JSON.stringify(await rows()) === before && (await test.gone(share)).length === 0;

fuse.kill('SIGSTOP');
const looked = watching.look(uid);
test.put('a.csv');
await watching.look(mine);
results['F-WA10 others go on'] = await test.keys();
// What may hang is the root itself or, where it is cached, the walk: the clock goes on until one of them gives up.
let over = false;
void looked.then(() => (over = true));
await until(async () => {
  await clock.advance(5_000);
  return over;
}, 'given up');
results['F-WA10 hanging'] = [await health(), await untouched()];
test.put('b.csv');
await watching.look(mine);
results['F-WA10 others still go on'] = await test.keys();
fuse.kill('SIGCONT');
await until(async () => {
  await clock.advance(5_000);
  return (await health()) === 'watching';
}, 'it answers again');
results['F-WA10 answering'] = [await health(), await untouched()];

const died = new Promise((resolve) => fuse.once('exit', resolve));
fuse.kill('SIGKILL');
await died;
await watching.look(uid);
results['F-WA11'] = [await health(), await untouched()];
await test.close();
rest();
process.stdout.write(JSON.stringify(results));
