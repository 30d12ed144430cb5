/** Files and folders that this (ordinary) user may not read; prints what became of them as JSON. */
import { chmodSync, mkdirSync } from 'node:fs';
import { fakeClock } from '../fake-clock.ts';
import { openWatching } from '../open-watching.ts';

const [base = ''] = process.argv.slice(2);
const clock = fakeClock(Date.now() + 60_000);
const test = await openWatching({ base, clock });
const results: Record<string, unknown> = {};
const failed = async (): Promise<string[]> =>
  (await test.inbox())
    .filter(({ state }) => state === 'failed')
    .map(({ path }) => path.slice(test.root.length + 1))
    .sort();

for (let i = 0; i < 5; i++) test.put(`${String(i)}.csv`);
test.put('closed/known.csv');
test.put('closed/below/known.csv');
test.put('listed/known.csv');
test.put('listed/below/known.csv');
await test.pass();
test.put('secret.csv');
test.put('open.csv');
mkdirSync(test.path('never'));
chmodSync(test.path('secret.csv'), 0);
chmodSync(test.path('closed'), 0);
chmodSync(test.path('listed'), 0o444);
chmodSync(test.path('never'), 0);
await test.pass();
results['failed'] = await failed();
results['reason'] = (await test.inbox()).find(({ path }) => path.endsWith('/closed'))?.reason.replace(test.root, '');
results['gone'] = await test.gone();
results['siblings'] = (await test.keys()).includes('open.csv');
await clock.advance(20_000);
await test.pass({ start: ['closed/known.csv', 'closed/below', 'listed/known.csv'] });
results['hinted below'] = [await test.gone(), (await failed()).length];
for (const name of ['secret.csv', 'closed', 'listed', 'never']) chmodSync(test.path(name), 0o755);
await test.pass();
results['after'] = [await failed(), await test.gone(), (await test.keys()).includes('secret.csv')];
await test.close();
process.stdout.write(JSON.stringify(results));
