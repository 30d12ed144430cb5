/**
 * Real stores for tests, pinned, built once from source through the Go module proxy and kept outside of the checkout
 * (`${XDG_CACHE_HOME:-~/.cache}/benchkeep-stores`).
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export const SERVERS = {
  /** S3, over a folder. */
  versitygw: { module: 'github.com/versity/versitygw/cmd/versitygw', version: 'v1.8.0' },
  /** S3, the second: differs usefully. */
  minio: { module: 'github.com/minio/minio', version: 'v0.0.0-20260212201848-7aac2a2c5b7c' },
  'fake-gcs-server': { module: 'github.com/fsouza/fake-gcs-server', version: 'v1.56.1' },
  /** A network that is slow, stalls, resets and cuts. */
  toxiproxy: { module: 'github.com/Shopify/toxiproxy/v2/cmd/server', version: 'v2.5.0' },
} as const;
export type ServerName = keyof typeof SERVERS;

const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'benchkeep-stores');

export function programOf(name: ServerName): string {
  return join(cache, `${name}-${SERVERS[name].version}`);
}

/** Null where it is there now; otherwise why tests that need it are skipped. */
export async function installServer(name: ServerName): Promise<string | null> {
  const program = programOf(name);
  if (existsSync(program)) return null;
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, '.build-'));
  try {
    const { module, version } = SERVERS[name];
    const failure = await goInstall(`${module}@${version}`, folder);
    if (failure !== null) return failure;
    const [built = ''] = readdirSync(folder);
    // Atomic: two runs at the same time do no harm.
    renameSync(join(folder, built), program);
    return null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Null where it went well. */
function goInstall(what: string, folder: string): Promise<string | null> {
  return new Promise((resolve) => {
    const go = spawn('go', ['install', '-ldflags', '-s -w', what], {
      env: { ...process.env, GOBIN: folder },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    go.stderr.on('data', (chunk: Buffer) => (said = (said + String(chunk)).slice(-400)));
    go.once('error', () => {
      resolve('no Go toolchain');
    });
    go.once('exit', (code) => {
      resolve(code === 0 ? null : `${what} could not be built: ${said.trim().split('\n').at(-1) ?? ''}`);
    });
  });
}
