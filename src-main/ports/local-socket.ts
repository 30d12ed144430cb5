/**
 * The socket over which the command line reaches a running engine: a Unix socket in a folder that only this user
 * can enter, or a named pipe on Windows. Frames of oRPC travel as they are: 4 bytes length, 1 byte kind, content.
 */
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { BenchkeepError } from '../../shared/errors.ts';
import { errnoOf } from './fs/fs-error.ts';

/** What oRPC needs of a message port. */
export interface FramePort {
  on(event: 'message', listener: (event: { data: string | Uint8Array }) => void): void;
  on(event: 'close', listener: () => void): void;
  postMessage(frame: string | ArrayBufferLike | Uint8Array): void;
  close(): void;
}

/** System limit of a socket's path is 107 bytes; data folders may be deeper, so the name is a hash of them. */
const LONGEST_PATH = 107;
const LARGEST_FRAME = 64 * 1024 * 1024;

export interface SocketSurroundings {
  platform: NodeJS.Platform;
  runtimeFolder: string | undefined;
}

/** Where the engine of `instanceFolder` (absolute) listens. */
export function localSocketPath(
  instanceFolder: string,
  { platform, runtimeFolder }: SocketSurroundings = { platform: process.platform, runtimeFolder: process.env['XDG_RUNTIME_DIR'] },
): string {
  const name = createHash('sha256').update(instanceFolder).digest('hex').slice(0, 24);
  if (platform === 'win32') return `\\\\.\\pipe\\benchkeep-${name}`;
  const inRuntime = runtimeFolder === undefined || runtimeFolder === '' ? null : join(runtimeFolder, 'benchkeep', `${name}.sock`);
  if (inRuntime !== null && Buffer.byteLength(inRuntime) <= LONGEST_PATH) return inRuntime;
  return join(tmpdir(), `benchkeep-${String(userInfo().uid)}`, `${name}.sock`);
}

export interface LocalListener {
  path: string;
  close(): Promise<void>;
}

/** Listens for clients of this user. Only the owner of the instance may call it: what is left of a dead owner is replaced. */
export async function listenLocally(path: string, onClient: (port: FramePort) => void): Promise<LocalListener> {
  if (process.platform !== 'win32') {
    preparePrivateFolder(join(path, '..'));
    rmSync(path, { force: true });
  }
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    onClient(framePort(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  if (process.platform !== 'win32') chmodSync(path, 0o600);
  server.unref();
  return {
    path,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => {
          resolve();
        });
      }),
  };
}

/** Null where nobody listens. */
export function connectLocally(path: string): Promise<FramePort | null> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once('connect', () => {
      resolve(framePort(socket));
    });
    socket.once('error', (error) => {
      const errno = errnoOf(error);
      if (errno === 'ENOENT' || errno === 'ECONNREFUSED' || errno === 'ENOTDIR') resolve(null);
      else
        reject(
          new BenchkeepError('locked', `The running Benchkeep could not be reached (${errno ?? error.message})`, 'Close it, then try again.', {
            cause: error,
            retry: true,
          }),
        );
    });
  });
}

function preparePrivateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const facts = lstatSync(folder);
  if (facts.isSymbolicLink() || facts.uid !== userInfo().uid || (facts.mode & 0o077) !== 0) {
    throw new BenchkeepError(
      'not_allowed',
      `The folder ${folder} could be entered by others`,
      'Remove it, or set XDG_RUNTIME_DIR to a folder that only you can enter.',
    );
  }
}

/** Text frames have kind 0, binary ones 1. */
function framePort(socket: Socket): FramePort {
  const onMessage: ((event: { data: string | Uint8Array }) => void)[] = [];
  const onClose: (() => void)[] = [];
  let received: Buffer[] = [];
  let length = 0;

  socket.on('data', (chunk: Buffer) => {
    received.push(chunk);
    length += chunk.length;
    if (length < 5 || length < 5 + sizeOf(received)) return;
    let rest = Buffer.concat(received);
    for (;;) {
      if (rest.length < 5) break;
      const size = rest.readUInt32BE(0);
      if (size > LARGEST_FRAME) {
        socket.destroy();
        return;
      }
      if (rest.length < 5 + size) break;
      const content = rest.subarray(5, 5 + size);
      const data = rest[4] === 0 ? content.toString('utf8') : new Uint8Array(content);
      for (const listener of onMessage) listener({ data });
      rest = rest.subarray(5 + size);
    }
    received = [rest];
    length = rest.length;
  });
  // The socket closes after an error; whoever waits for an answer hears of it by `close`.
  socket.on('error', () => {
    socket.destroy();
  });
  socket.on('close', () => {
    for (const listener of onClose) listener();
  });

  return {
    on(event: 'message' | 'close', listener: ((event: { data: string | Uint8Array }) => void) | (() => void)) {
      if (event === 'message') onMessage.push(listener);
      else onClose.push(listener as () => void);
    },
    postMessage(frame) {
      const content = typeof frame === 'string' ? Buffer.from(frame, 'utf8') : bytesOf(frame);
      const head = Buffer.alloc(5);
      head.writeUInt32BE(content.length, 0);
      head[4] = typeof frame === 'string' ? 0 : 1;
      socket.cork();
      socket.write(head);
      socket.write(content);
      socket.uncork();
    },
    close() {
      socket.end();
    },
  };
}

function sizeOf(chunks: Buffer[]): number {
  const first = chunks[0];
  if (first !== undefined && first.length >= 4) return first.readUInt32BE(0);
  return Buffer.concat(chunks).readUInt32BE(0);
}

function bytesOf(frame: ArrayBufferLike | Uint8Array): Buffer {
  return frame instanceof Uint8Array ? Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength) : Buffer.from(frame);
}
