/**
 * The socket over which the command line reaches a running engine: a Unix socket in a folder that only this user
 * can enter (rule S-17), or a named pipe on Windows.
 */
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { BenchkeepError } from '../../shared/errors.ts';
import { framePort, type FramePort } from './frame-port.ts';
import { errnoOf } from './fs/fs-error.ts';

export type { FramePort } from './frame-port.ts';

/** System limit of a socket's path is 107 bytes; data folders may be deeper, so the name is a hash of them. */
const LONGEST_PATH = 107;
/** What a client that is let go gets to take its last answer, ms. */
const LAST_ANSWER = 1000;

export interface SocketSurroundings {
  platform: NodeJS.Platform;
  /** `XDG_RUNTIME_DIR` */
  runtimeFolder: string | undefined;
  temporaryFolder: string;
  uid: number;
}

/**
 * Where the engine of `instanceFolder` (absolute) may listen, the best place first. A client looks in all of them: a
 * scheduled job or another login of the same person has other variables than the app.
 */
export function localSocketPaths(instanceFolder: string, surroundings = systemSurroundings()): string[] {
  const { platform, runtimeFolder, temporaryFolder, uid } = surroundings;
  const name = createHash('sha256').update(instanceFolder).digest('hex').slice(0, 24);
  if (platform === 'win32') return [`\\\\.\\pipe\\benchkeep-${name}`];
  const runtime = runtimeFolder ?? '';
  const folders = [
    ...(runtime === '' ? [] : [join(runtime, 'benchkeep')]),
    join(temporaryFolder, `benchkeep-${String(uid)}`),
    `/tmp/benchkeep-${String(uid)}`,
    ...(platform === 'linux' ? [`/run/user/${String(uid)}/benchkeep`] : []),
  ];
  const paths = folders.map((folder) => join(folder, `${name}.sock`));
  return [...new Set(paths)].filter((path) => Buffer.byteLength(path) <= LONGEST_PATH);
}

function systemSurroundings(): SocketSurroundings {
  return {
    platform: process.platform,
    runtimeFolder: process.env['XDG_RUNTIME_DIR'],
    temporaryFolder: tmpdir(),
    uid: userInfo().uid,
  };
}

export interface LocalListener {
  path: string;
  /** Takes no more clients. Those that are there may be served on: they talk to the engine, which may change its instance. */
  close(): Promise<void>;
}

/**
 * Listens for clients of this user at the first of `paths` that can be used. Only the owner of the instance may call
 * it: what is left of a dead owner is replaced. Errors: `not_allowed` where none can be used.
 */
export async function listenLocally(
  paths: readonly string[],
  onClient: (port: FramePort) => void,
): Promise<LocalListener> {
  let refusal: unknown;
  for (const path of paths) {
    try {
      return await listenAt(path, onClient);
    } catch (error) {
      // The best place may be missing or somebody else's (as under sudo); clients look in the others too.
      refusal ??= error;
    }
  }
  const why = refusal instanceof Error ? ` (${refusal.message})` : '';
  throw new BenchkeepError(
    'not_allowed',
    `No folder was found for the socket of the command line${why}`,
    'Set XDG_RUNTIME_DIR to a folder that only you can enter.',
    { cause: refusal },
  );
}

async function listenAt(path: string, onClient: (port: FramePort) => void): Promise<LocalListener> {
  if (process.platform !== 'win32') {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    if (!isPrivate(dirname(path))) throw new Error(`${dirname(path)} could be entered by others`);
    rmSync(path, { force: true });
  }
  const server = createServer((socket) => {
    onClient(portOf(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  if (process.platform !== 'win32') chmodSync(path, 0o600);
  server.unref();
  return {
    path,
    close() {
      // Its end is not waited for: it comes when the last client has gone.
      server.close();
      return Promise.resolve();
    },
  };
}

/** Null where nobody of this user listens. Errors: `locked` where it can't be told. */
export async function connectLocally(paths: readonly string[]): Promise<FramePort | null> {
  for (const path of paths) {
    // Somebody else's folder may hold somebody else's engine.
    if (process.platform !== 'win32' && !isPrivate(dirname(path))) continue;
    const socket = await connectTo(path);
    if (socket !== null) return portOf(socket);
  }
  return null;
}

function connectTo(path: string): Promise<Socket | null> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once('connect', () => {
      resolve(socket);
    });
    socket.once('error', (error) => {
      const errno = errnoOf(error);
      if (errno === 'ENOENT' || errno === 'ECONNREFUSED' || errno === 'ENOTDIR') resolve(null);
      else
        reject(
          new BenchkeepError(
            'locked',
            `The running Benchkeep could not be reached (${errno ?? error.message})`,
            'Close it, then try again.',
            { cause: error, retry: true },
          ),
        );
    });
  });
}

function portOf(socket: Socket): FramePort {
  const port = framePort(socket);
  return {
    ...port,
    close() {
      port.close();
      socket.setTimeout(LAST_ANSWER, () => socket.destroy());
    },
  };
}

/** A folder of this user that nobody else can enter; false where there is none. */
function isPrivate(folder: string): boolean {
  const facts = lstatSync(folder, { throwIfNoEntry: false });
  return facts?.isDirectory() === true && facts.uid === userInfo().uid && (facts.mode & 0o077) === 0;
}
