/**
 * Uploads beside mc, rclone and aws-cli: one file of 2 GiB, then 5,000 of 20 KiB, to one versitygw whose data lie in
 * memory. Everybody reads the same files; Benchkeep verifies and records each. Rounds are interleaved, medians told.
 * Run: `npx node test/bench/upload.ts [large|small] [http|tls] [rounds]`.
 */
import { execFileSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, execPath, exit } from 'node:process';
import Database from 'better-sqlite3';
import * as z from 'zod';
import { commandLine, type CommandLine } from '../hosts/cli/command-line.ts';
import { installServer } from '../stores/install-server.ts';
import { makeCertificates, startTlsFront } from '../stores/own-certificates.ts';
import { runProgram } from './lamindb-peer/run-program.ts';
import { openPeers } from './store-peers/peers.ts';
import { startInMemory } from './server-in-memory.ts';

const CASES = {
  large: { files: 1, size: 2 * 2 ** 30, title: '2 GiB, one file' },
  small: { files: 5000, size: 20 * 1024, title: '5,000 × 20 KiB' },
} as const;
type Case = keyof typeof CASES;

const measured = z.object({ code: z.number(), seconds: z.number(), cpu: z.number(), megabytes: z.number() });
type Measured = z.infer<typeof measured>;

/** As it is installed, built. */
const PROGRAM = join(import.meta.dirname, '../../src-main/hosts/cli/benchkeep.mjs');
execFileSync(execPath, [join(import.meta.dirname, '../../.ci/build.ts'), '--if-stale'], { stdio: 'inherit' });

const words = argv.slice(2);
const cases = (Object.keys(CASES) as Case[]).filter(
  (one) => words.includes(one) || !words.some((word) => word in CASES),
);
const isTls = words.includes('tls');
const rounds = Number(words.find((word) => /^\d+$/.test(word)) ?? 3);

const missing = await installServer('versitygw');
if (missing !== null) {
  console.log(`  skipped: ${missing}`);
  exit(0);
}
const server = await startInMemory();
const certificates = isTls ? makeCertificates() : null;
const front = certificates === null ? null : await startTlsFront(server.endpoint, certificates);
const folder = mkdtempSync(join(tmpdir(), 'benchkeep-bench-upload-'));
try {
  const endpoint = front?.endpoint ?? server.endpoint;
  const peers = await openPeers(
    {
      endpoint,
      key: server.env.AWS_ACCESS_KEY_ID,
      secret: server.env.AWS_SECRET_ACCESS_KEY,
      bucket: server.bucket,
      ca: certificates === null ? null : readFileSync(certificates.ca, 'utf8'),
      folder,
    },
    (why) => {
      console.log(`  a peer is left out: ${why}`);
    },
  );
  for (const one of cases) {
    const data = join(folder, one);
    writeFiles(data, one);
    const results = new Map<string, Measured[]>();
    const add = (name: string, result: Measured): void => {
      if (result.code !== 0) throw new Error(`${name} ended with ${String(result.code)}`);
      results.set(name, [...(results.get(name) ?? []), result]);
    };
    for (let round = 0; round < rounds; round++) {
      add('Benchkeep', await ours(endpoint, data, round, certificates?.ca));
      for (const peer of peers) {
        const { program, args, env: peerEnv } = peer.command(data, `${peer.name.split(' ')[0] ?? ''}-${String(round)}`);
        add(peer.name, await measure([program, ...args], peerEnv));
        emptyBucket();
      }
    }
    tell(one, results);
  }
} finally {
  await front?.stop();
  certificates?.remove();
  await server.remove();
  rmSync(folder, { recursive: true, force: true });
}

/** Registered before; what is measured is the command that uploads, from its start to its end. */
async function ours(endpoint: string, data: string, round: number, ca: string | undefined): Promise<Measured> {
  const cli = commandLine({ env: { ...server.env }, main: PROGRAM });
  try {
    const options = `endpoint_url=${endpoint}${ca === undefined ? '' : `&ca=${encodeURIComponent(ca)}`}`;
    await must(cli, 'init', '--storage', `s3://${server.bucket}/round-${String(round)}?${options}`, '--name', 'bench');
    await must(cli, 'storage', 'add', data, '--watch');
    await must(cli, 'watch', '--once');
    const uids = uidsOf(cli);
    const result = await measure([execPath, PROGRAM, 'upload', ...uids], {
      ...server.env,
      BENCHKEEP_HOME: cli.home,
      XDG_RUNTIME_DIR: cli.folder,
    });
    const there = await cli.run('verify', ...uids.slice(0, 20));
    if (there.code !== 0) throw new Error(there.err);
    return result;
  } finally {
    await cli.close();
    emptyBucket();
  }
}

async function must(cli: CommandLine, ...command: string[]): Promise<void> {
  const { code, err } = await cli.run(...command);
  if (code !== 0) throw new Error(`benchkeep ${command.join(' ')}: ${err}`);
}

function uidsOf(cli: CommandLine): string[] {
  const [instance = ''] = readdirSync(join(cli.home, 'instances')).filter((name) => !name.startsWith('.'));
  const db = new Database(join(cli.home, 'instances', instance, 'registry.db'), { readonly: true });
  try {
    return db
      .prepare<[], { uid: string }>('SELECT uid FROM artifact ORDER BY id')
      .all()
      .map(({ uid }) => uid);
  } finally {
    db.close();
  }
}

async function measure(command: string[], more: Record<string, string>): Promise<Measured> {
  const script = join(import.meta.dirname, 'store-peers/measure-command.py');
  const ended = await runProgram('python3', [script, ...command], { env: more, timeout: 1_800_000 });
  if (ended.exitCode !== 0) throw new Error(`${command[0] ?? ''}: ${ended.lastLine}`);
  const result = measured.parse(JSON.parse(ended.stdout));
  if (result.code !== 0) console.log(`  ${command[0] ?? ''}: ${ended.lastLine}`);
  return result;
}

/** Memory is for the next. */
function emptyBucket(): void {
  const data = join(server.folder, 'data', server.bucket);
  for (const name of readdirSync(data)) rmSync(join(data, name), { recursive: true, force: true });
}

function writeFiles(path: string, name: Case): void {
  const { files, size } = CASES[name];
  mkdirSync(path);
  const block = Buffer.alloc(Math.min(size, 64 * 2 ** 20));
  randomFillSync(block);
  for (let file = 0; file < files; file++) {
    const target = join(path, `run-${String(file).padStart(4, '0')}.raw`);
    if (size === block.length) {
      block.writeUInt32LE(file, 0);
      writeFileSync(target, block);
      continue;
    }
    const out = openSync(target, 'w');
    for (let written = 0; written < size; written += block.length) {
      block.writeUInt32LE(written / block.length, 0);
      writeSync(out, block);
    }
    closeSync(out);
  }
}

function tell(name: Case, results: Map<string, Measured[]>): void {
  const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
  const of = (all: Measured[], field: 'seconds' | 'cpu' | 'megabytes'): number => median(all.map((one) => one[field]));
  const ours_ = of(results.get('Benchkeep') ?? [], 'seconds');
  console.log(`  ${CASES[name].title}, ${isTls ? 'TLS' : 'http'}, median of ${String(rounds)}`);
  for (const [peer, all] of results) {
    const seconds = of(all, 'seconds');
    const speed = peer === 'Benchkeep' ? '' : `   Benchkeep is ${(seconds / ours_).toFixed(2)} × as fast`;
    const figures = `${seconds.toFixed(1)} s, CPU ${of(all, 'cpu').toFixed(1)} s, ${of(all, 'megabytes').toFixed(0)} MB`;
    console.log(`    ${peer.padEnd(18)} ${figures}${speed}`);
  }
}
