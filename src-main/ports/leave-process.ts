/**
 * Ends a process that has closed what it owns. What still waits for a drive that hangs can't be called back, keeps the
 * process alive for ever, and makes `process.exit` wait as well: after a moment only a kill is left, and costs nothing.
 */
import process from 'node:process';

/** Ms. */
const PATIENCE = 1000;

/** Exits with `code` as soon as nothing is left to do. */
export function leaveProcess(code: number): void {
  process.exitCode = code;
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), PATIENCE).unref();
}
