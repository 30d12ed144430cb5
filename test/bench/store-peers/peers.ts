/** Other programs that upload to S3, pinned, built or installed once, on the same server and data. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '../lamindb-peer/run-program.ts';

const MC = 'v0.0.0-20250313080218-cf909e1063a9';
const RCLONE = 'v1.75.1';
const AWS_CLI = '1.46.3';

const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'benchkeep-bench');

export interface Target {
  endpoint: string;
  key: string;
  secret: string;
  bucket: string;
  /** File with the certificate of the server's authority, where it speaks TLS. */
  ca: string | null;
  /** For configuration of the peers. */
  folder: string;
}

export interface Peer {
  name: string;
  /** Uploads everything in `folder` to `prefix` of the bucket, at its own usual settings. */
  command(folder: string, prefix: string): { program: string; args: string[]; env: Record<string, string> };
}

/** Peers that can be had here; why another can't is told with `skipped`. */
export async function openPeers(target: Target, skipped: (why: string) => void): Promise<Peer[]> {
  mkdirSync(cache, { recursive: true });
  const peers: Peer[] = [];
  for (const open of [mcPeer, rclonePeer, awsPeer]) {
    const peer = await open(target).catch((error: unknown) => String(error));
    if (typeof peer === 'string') skipped(peer);
    else peers.push(peer);
  }
  return peers;
}

async function mcPeer({ endpoint, key, secret, bucket, ca, folder }: Target): Promise<Peer> {
  const program = await goProgram('mc', `github.com/minio/mc@${MC}`);
  const config = join(folder, 'mc');
  mkdirSync(join(config, 'certs', 'CAs'), { recursive: true });
  if (ca !== null) writeFileSync(join(config, 'certs', 'CAs', 'lab.crt'), ca);
  // Its variable for that takes no secret with special characters.
  const alias = ['alias', 'set', 'bench', endpoint, key, secret];
  const known = await runProgram(program, ['--config-dir', config, '--quiet', ...alias], { timeout: 60_000 });
  if (known.exitCode !== 0) throw new Error(`mc does not reach the server: ${known.lastLine}`);
  return {
    name: `mc ${MC.slice(7, 15)}`,
    command: (from, prefix) => ({
      program,
      args: ['--config-dir', config, '--quiet', 'cp', '--recursive', `${from}/`, `bench/${bucket}/${prefix}/`],
      env: {},
    }),
  };
}

async function rclonePeer({ endpoint, key, secret, bucket, ca, folder }: Target): Promise<Peer> {
  const program = await goProgram('rclone', `github.com/rclone/rclone@${RCLONE}`);
  const file = join(folder, 'rclone-ca.pem');
  if (ca !== null) writeFileSync(file, ca);
  const env = {
    RCLONE_CONFIG: join(folder, 'rclone.conf'),
    RCLONE_CONFIG_BENCH_TYPE: 's3',
    RCLONE_CONFIG_BENCH_PROVIDER: 'Other',
    RCLONE_CONFIG_BENCH_ENDPOINT: endpoint,
    RCLONE_CONFIG_BENCH_ACCESS_KEY_ID: key,
    RCLONE_CONFIG_BENCH_SECRET_ACCESS_KEY: secret,
    RCLONE_CONFIG_BENCH_REGION: 'us-east-1',
    ...(ca === null ? {} : { RCLONE_CA_CERT: file }),
  };
  return {
    name: `rclone ${RCLONE}`,
    command: (from, prefix) => ({ program, args: ['copy', from, `bench:${bucket}/${prefix}`], env }),
  };
}

async function awsPeer({ endpoint, key, secret, bucket, ca, folder }: Target): Promise<Peer> {
  const home = join(cache, `awscli-${AWS_CLI}`);
  if (!existsSync(home)) {
    const building = `${home}.${String(process.pid)}`;
    const made = await runProgram('python3', ['-m', 'venv', building], { timeout: 120_000 });
    const pip = join(building, 'bin', 'pip');
    const done =
      made.exitCode === 0 &&
      (await runProgram(pip, ['install', '--quiet', `awscli==${AWS_CLI}`], { timeout: 600_000 })).exitCode === 0;
    if (!done) throw new Error('aws-cli could not be installed');
    renameSync(building, home);
  }
  const file = join(folder, 'aws-ca.pem');
  if (ca !== null) writeFileSync(file, ca);
  const env = {
    AWS_ACCESS_KEY_ID: key,
    AWS_SECRET_ACCESS_KEY: secret,
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: join(folder, 'no-config'),
    ...(ca === null ? {} : { AWS_CA_BUNDLE: file }),
  };
  // The environment that was moved still names its old place in the first line of its scripts.
  return {
    name: `aws-cli ${AWS_CLI}`,
    command: (from, prefix) => ({
      program: join(home, 'bin', 'python3'),
      args: [
        '-m',
        'awscli',
        '--endpoint-url',
        endpoint,
        's3',
        'cp',
        '--quiet',
        '--recursive',
        from,
        `s3://${bucket}/${prefix}/`,
      ],
      env,
    }),
  };
}

async function goProgram(name: string, module: string): Promise<string> {
  const program = join(cache, `${name}-${module.split('@')[1] ?? ''}`);
  if (existsSync(program)) return program;
  const folder = mkdtempSync(join(cache, '.build-'));
  try {
    const built = await runProgram('go', ['install', '-ldflags', '-s -w', module], {
      env: { GOBIN: folder },
      timeout: 1_800_000,
    });
    if (built.exitCode !== 0) throw new Error(`${name} could not be built: ${built.lastLine}`);
    const [file = ''] = readdirSync(folder);
    renameSync(join(folder, file), program);
    return program;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
