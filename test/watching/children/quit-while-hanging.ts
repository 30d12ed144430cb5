/** A program that watches a share which hangs is asked to quit; prints whether it did, and what it left. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine } from '../../hosts/cli/command-line.ts';
import { until } from '../open-watching.ts';

const [base = ''] = process.argv.slice(2);
const [disk, share] = [join(base, 'disk'), join(base, 'share')];
for (const folder of [disk, share]) mkdirSync(folder);
for (let i = 0; i < 6; i++) writeFileSync(join(disk, `${String(i)}.csv`), String(i));
const fuse = spawn('bindfs', ['-f', '-o', 'attr_timeout=0,entry_timeout=0,negative_timeout=0', disk, share], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
await until(() => existsSync(join(share, '0.csv')), 'mounted');
const cli = commandLine();
await cli.run('init', '--storage', cli.path('lab'), '--name', 'lab');
await cli.run('storage', 'add', share, '--watch');
await cli.run('watch', 'rule', share, '--settle', '0');
const watch = cli.start('watch');
await watch.line((line) => line.startsWith('registered'));
await until(
  async () => (await cli.run('list')).out.split('\n').filter((line) => line.includes('.csv')).length === 6,
  'all',
);
fuse.kill('SIGSTOP');
// A look that the share does not answer.
const once = cli.start('watch', '--once');
await until(async () => (await cli.run('info')).code === 0, 'it answers while it looks');
const started = performance.now();
watch.child.kill('SIGTERM');
await watch.ended;
const seconds = (performance.now() - started) / 1000;
await once.ended;
const { code } = await cli.run('verify', '--registry');
fuse.kill('SIGCONT');
fuse.kill('SIGKILL');
await cli.close();
console.log(JSON.stringify({ ended: seconds < 5, sound: code }));
