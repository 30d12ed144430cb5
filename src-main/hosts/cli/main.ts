/** The command line's process. */
import { constants } from 'node:os';
import process from 'node:process';
import { keepAlive } from '../../ports/clock.ts';
import { leaveProcess } from '../../ports/leave-process.ts';
import { dataFolder } from '../data-folder.ts';
import { runCommandLine } from './run-command-line.ts';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // A second one means it: work is cut off, which crash safety bears.
    if (stop.signal.aborted) process.exit(128 + constants.signals[signal]);
    stop.abort();
  });
}

// Who reads the output has seen enough (`benchkeep list | head`): that ends the command and is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    stop.abort();
  });
}

const end = keepAlive();
const code = await runCommandLine({
  words: process.argv.slice(2),
  home: dataFolder(process.env, process.platform),
  cwd: process.cwd(),
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  errIsTerminal: process.stderr.isTTY,
  signal: stop.signal,
  input: () => process.stdin,
});
end();
leaveProcess(code);
