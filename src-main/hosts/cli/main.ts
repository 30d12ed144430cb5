/** The command line's process. */
import { keepAlive } from '../../ports/clock.ts';
import { dataFolder } from '../data-folder.ts';
import { runCommandLine } from './run-command-line.ts';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // A second one means it: work is cut off, which crash safety bears.
    if (stop.signal.aborted) process.exit(signal === 'SIGINT' ? 130 : 143);
    stop.abort();
  });
}

const end = keepAlive();
process.exitCode = await runCommandLine({
  words: process.argv.slice(2),
  home: dataFolder(process.env, process.platform),
  cwd: process.cwd(),
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  errIsTerminal: process.stderr.isTTY,
  signal: stop.signal,
});
end();
