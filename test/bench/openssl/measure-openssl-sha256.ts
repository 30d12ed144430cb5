import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';

export interface OpensslResult {
  /** Millions of bytes (10^6) a second, the start of the program included. */
  megabytesPerSecond: number;
  /** As openssl prints it, to be set against Benchkeep's own. */
  sha256: string;
}

/** Reads the file once, so that every measurement finds it in the page cache. */
async function warmPageCache(file: string): Promise<number> {
  let bytes = 0;
  for await (const piece of createReadStream(file, { highWaterMark: 1024 * 1024 })) bytes += (piece as Buffer).length;
  return bytes;
}

function digestOnce(file: string): Promise<{ seconds: number; sha256: string } | { failed: string }> {
  return new Promise((resolve) => {
    const start = performance.now();
    const child = spawn('openssl', ['dgst', '-sha256', '-r', file], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', () => resolve({ failed: 'no openssl' }));
    child.once('close', (code) => {
      const seconds = (performance.now() - start) / 1000;
      // A backslash before the digest only says that the name in the same line is escaped.
      const sha256 = /^\\?([0-9a-f]{64}) /.exec(stdout)?.[1];
      if (code === 0 && sha256) resolve({ seconds, sha256 });
      else resolve({ failed: stderr.trim().split('\n').at(-1) ?? 'openssl failed' });
    });
  });
}

/** How fast `openssl dgst -sha256` is on `file`: the median of three runs, the file in the page cache. */
export async function measureOpensslSha256(file: string): Promise<OpensslResult | { notMeasured: string }> {
  const bytes = await warmPageCache(file);
  const seconds: number[] = [];
  let sha256 = '';
  for (let round = 0; round < 3; round++) {
    const run = await digestOnce(file);
    if ('failed' in run) return { notMeasured: `openssl not measured: ${run.failed}` };
    seconds.push(run.seconds);
    sha256 = run.sha256;
  }
  const median = seconds.sort((left, right) => left - right)[1] ?? NaN;
  return { megabytesPerSecond: bytes / 1e6 / median, sha256 };
}
