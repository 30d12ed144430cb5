/** `npm run bench [NAME…]`: every benchmark one after the other, each in a process of its own. Figures, never verdicts of a test. */
import { spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

const BENCHES = [
  ['register-files', 'Registering 10,000 files of 4 KiB, beside a bare loop and beside lamindb'],
  ['rename-folder', 'A folder of 10,000 registered files is renamed'],
  ['history', 'Taking back the move of 10,000 files; pages of the history'],
  ['failing-files', 'Files that can’t be read beside those that can'],
  ['scrub', 'Reading all content again, beside openssl'],
  ['large-file', 'One file of 2 GiB, beside openssl'],
  ['million-artifacts', 'Finding among 1,000,000 artifacts'],
  ['watching', 'Watched folders: nothing new, a burst, one file dropped'],
  ['hints', 'Hints from 100,000 files in 1,000 folders'],
  ['upload', 'Uploading 2 GiB and 5,000 small files, beside mc, rclone and aws-cli'],
  ['window-while-uploading', 'What the window waits for while content is uploaded'],
  ['held-up', 'How long others wait while something large is done'],
  ['publish', 'Publishing a large registry, and how long a save waits meanwhile'],
  ['cli-start', 'One command of the command line, from start to end'],
] as const;

const asked = process.argv.slice(2);
console.log(`${String(cpus().length)} cores, Node ${process.version}, ${new Date().toISOString()}`);
let failed = 0;
for (const [name, title] of BENCHES) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  console.log(`\n${title}`);
  const code = await run(join(import.meta.dirname, `${name}.ts`));
  if (code !== 0) {
    failed += 1;
    console.log(`  the benchmark ${name} ended with code ${String(code)}`);
  }
}
process.exitCode = failed === 0 ? 0 : 1;

function run(script: string): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script], { stdio: 'inherit' });
    child.once('error', reject);
    child.once('close', resolve);
  });
}
