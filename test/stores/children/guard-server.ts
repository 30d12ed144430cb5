/**
 * `node guard-server.ts FOLDER PROGRAM ARG…` runs a server for a test. Its input is a pipe that the test's process holds:
 * when that ends, however it died, the server dies too and its folder goes. A line `stop` or `kill` ends the server only.
 */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import process from 'node:process';

const [folder = '', program = '', ...args] = process.argv.slice(2);
const server = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
let abandoned = false;

server.once('error', () => {
  process.exit(127);
});
server.once('exit', (code) => {
  if (abandoned) rmSync(folder, { recursive: true, force: true });
  process.exit(code ?? 1);
});

const abandon = (): void => {
  abandoned = true;
  server.kill('SIGKILL');
};
createInterface({ input: process.stdin })
  .on('line', (line) => {
    server.kill(line === 'stop' ? 'SIGTERM' : 'SIGKILL');
  })
  .once('close', abandon);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, abandon);
