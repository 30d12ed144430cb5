/** Writes while every sync to the disk fails, and afterwards; prints what it was told as JSON. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setSettings } from '../../../src-main/instance/index.ts';
import { openCrashBench } from '../crash/crash-bench.ts';

const [base = ''] = process.argv.slice(2);
const { context, close } = await openCrashBench(base);

async function write(keep: boolean): Promise<string> {
  return setSettings(context, { keep_artifacts_local: keep }).then(
    () => 'written',
    (error: { code: string }) => error.code,
  );
}

const before = await write(true);
const tracer = spawn(
  'strace',
  ['-f', '-e', 'trace=fsync,fdatasync', '-e', 'inject=fsync,fdatasync:error=EIO', '-p', String(process.pid)],
  {
    stdio: ['ignore', 'ignore', 'pipe'],
  },
);
await new Promise<void>((resolve) =>
  tracer.stderr.on('data', (text: Buffer) => void (text.includes('attached') && resolve())),
);
const during = await write(false);
const ended = once(tracer, 'exit');
tracer.kill('SIGINT');
await ended;
const after = [await write(false), await write(true)];
const read = (await context.registry.db.selectFrom('instance').select('name').executeTakeFirstOrThrow()).name;
await close();
process.stdout.write(JSON.stringify({ before, during, after, read }));
