/**
 * Runs one operation (arguments: folder, name of the operation, or `recover`), to be killed on the way or to fail. What
 * it fails with is told, too: `FAILED` and the code.
 */
import { writeSync } from 'node:fs';
import { toErrorData } from '../../../../shared/errors.ts';
import { openCrashBench } from '../crash-bench.ts';
import { OPERATIONS } from '../all-operations.ts';

const [base = '', name = ''] = process.argv.slice(2);
// As a window or a socket does: timers of the program do not.
const alive = setInterval(() => undefined, 60_000);
const failing = process.env['BK_FAILPOINT']?.includes('=throw:') === true;
try {
  const bench = await openCrashBench(base);
  try {
    if (name === 'recover') await bench.passTwice();
    else {
      // Written at once: what was told is told, whatever comes next.
      await OPERATIONS.find((operation) => operation.name === name)?.run(bench, (what) => {
        writeSync(1, `ACK ${JSON.stringify(what)}\n`);
      });
    }
  } finally {
    await bench.close();
  }
} catch (error) {
  if (!failing) throw error;
  const { code, message, remedy } = toErrorData(error);
  writeSync(1, `FAILED ${JSON.stringify({ code, message, remedy })}\n`);
}
clearInterval(alive);
