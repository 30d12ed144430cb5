/** Types of every environment by its own tsconfig, and of the window with its components; all at once. */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import process from 'node:process';

const root = resolve(import.meta.dirname, '..');
const projects = ['.', 'shared', 'src-main', 'src-main/hosts/electron', 'test'];

const compiler = ['node_modules/@typescript/native/bin/tsc', '--pretty', String(Boolean(process.stdout.isTTY)), '-p'];
// Without --tsgo: its copies of the components lie elsewhere and don't find what they import from `shared/`.
const svelteCheck = ['node_modules/svelte-check/bin/svelte-check', '--fail-on-warnings'];
const commands = [
  ...projects.map((project) => [...compiler, project]),
  [...svelteCheck, '--tsconfig', 'src-renderer/tsconfig.json', '--output', 'human'],
];

const results = await Promise.all(commands.map(run));
for (const { output } of results.filter(({ code }) => code !== 0)) process.stdout.write(output);
process.exitCode = results.every(({ code }) => code === 0) ? 0 : 1;

function run(command: string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, command, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    const parts: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => parts.push(part));
    child.stderr.on('data', (part: Buffer) => parts.push(part));
    child.once('error', fail);
    child.once('close', (code) => {
      done({ code, output: Buffer.concat(parts).toString() });
    });
  });
}
