/** Runs stories of which the power is cut, at so many points of each; what was wrong afterwards. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { StorePlace } from '../stores/outside-store.ts';

const run = promisify(execFile);

export async function cutContent(
  { kind, endpoint, bucket, env }: StorePlace,
  stories: readonly string[],
  most: number,
): Promise<string[]> {
  const program = join(import.meta.dirname, 'children', 'cut-content.ts');
  const folder = `cut-${stories.join('-').replaceAll(' ', '-')}`;
  const place = JSON.stringify({ kind, endpoint, bucket, env });
  const running = run('unshare', ['-m', process.execPath, program, stories.join(','), String(most), place, folder], {
    maxBuffer: 64 * 1024 ** 2,
  });
  // Who watches is not to wait for its end.
  running.child.stderr?.pipe(process.stderr);
  const { stdout } = await running;
  return JSON.parse(stdout) as string[];
}
