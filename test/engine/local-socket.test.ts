/** The local socket: who may come in, and what travels over it. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import fc from 'fast-check';
import { BenchkeepError } from '../../shared/errors.ts';
import { frameReader, LARGEST_FRAME, type FramePort } from '../../src-main/ports/frame-port.ts';
import {
  connectLocally,
  listenLocally,
  localSocketPaths,
  type LocalListener,
} from '../../src-main/ports/local-socket.ts';

const linux = process.platform === 'linux';
const canBecomeNobody = linux && process.getuid?.() === 0;
if (!canBecomeNobody) console.warn('Skipped: S-17 on the local socket needs root on Linux (setpriv).');
if (!canBecomeNobody && process.env['REQUIRE_ROOT_TESTS'] === '1') throw new Error('These tests need root.');

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'benchkeep-socket-'));
  onTestFinished(() => {
    rmSync(made, { recursive: true, force: true });
  });
  return made;
}

const pathIn = (place: string): string => join(place, 'private', 'engine.sock');

/** Answers each text with the same and each binary frame with its reverse. */
async function echo(path: string): Promise<LocalListener & { closed: () => number }> {
  const ports: FramePort[] = [];
  let closed = 0;
  const listener = await listenLocally([path], (port) => {
    ports.push(port);
    port.on('message', ({ data }) => {
      port.postMessage(typeof data === 'string' ? data : data.toReversed());
    });
    port.on('close', () => (closed += 1));
  });
  onTestFinished(async () => {
    for (const port of ports) port.close();
    await listener.close();
  });
  return { ...listener, closed: () => closed };
}

async function reach(path: string): Promise<FramePort> {
  const port = await connectLocally([path]);
  if (port === null) throw new Error('nobody listens');
  onTestFinished(() => {
    port.close();
  });
  return port;
}

const nextFrame = (port: FramePort): Promise<string | Uint8Array> =>
  new Promise((done) => {
    port.on('message', ({ data }) => {
      done(data);
    });
  });

async function raw(path: string): Promise<Socket> {
  const socket = connect(path);
  socket.on('error', () => socket.destroy());
  onTestFinished(() => {
    socket.destroy();
  });
  await new Promise((done) => socket.once('connect', done));
  return socket;
}

const gone = (socket: Socket): Promise<void> =>
  new Promise((done) => {
    socket.once('close', () => {
      done();
    });
  });

describe('where it is', () => {
  const surroundings = { platform: 'linux', runtimeFolder: '/run/user/7', temporaryFolder: '/tmp', uid: 7 } as const;

  test('a path stays below the 107 bytes of the system, however deep the data folder is', () => {
    const deep = `/home/${'a-long-name/'.repeat(40)}instances/abc`;
    for (const path of localSocketPaths(deep, { ...surroundings, runtimeFolder: `/run/${'x'.repeat(90)}` })) {
      expect(Buffer.byteLength(path)).toBeLessThanOrEqual(107);
    }
    expect(localSocketPaths(deep, surroundings)[0]).toMatch(/^\/run\/user\/7\/benchkeep\/[0-9a-f]{24}\.sock$/);
    expect(localSocketPaths(deep, surroundings)).not.toEqual(localSocketPaths(`${deep}d`, surroundings));
  });

  test('who has no XDG_RUNTIME_DIR looks also where others who have it listen', () => {
    const [first] = localSocketPaths('/data', surroundings);
    expect(localSocketPaths('/data', { ...surroundings, runtimeFolder: undefined })).toContain(first);
    expect(localSocketPaths('/data', { ...surroundings, runtimeFolder: '' })[0]).toMatch(/^\/tmp\/benchkeep-7\//);
  });

  test('on Windows it is a named pipe', () => {
    expect(localSocketPaths('C:\\data', { ...surroundings, platform: 'win32' })).toEqual([
      expect.stringMatching(/^\\\\\.\\pipe\\benchkeep-[0-9a-f]{24}$/),
    ]);
  });
});

describe.runIf(process.platform !== 'win32')('who may come in', () => {
  test('the socket is 0600 in a folder 0700', async () => {
    const path = pathIn(folder());
    await echo(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
  });

  test('a folder that others can enter is not used: the next place is, or it is refused', async () => {
    const [open, good] = [pathIn(folder()), pathIn(folder())];
    mkdirSync(dirname(open), { mode: 0o755 });
    chmodSync(dirname(open), 0o755);
    const refused = await listenLocally([open], () => undefined).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(BenchkeepError);
    expect(refused).toMatchObject({ code: 'not_allowed' });
    const listener = await listenLocally([open, good], () => undefined);
    expect(listener.path).toBe(good);
    await listener.close();
  });

  test('a client does not talk to a socket in a folder that is not its own', async () => {
    const path = pathIn(folder());
    await echo(path);
    chmodSync(dirname(path), 0o755);
    expect(await connectLocally([path])).toBeNull();
    // Control: the folder's mode is what keeps it away.
    chmodSync(dirname(path), 0o700);
    (await reach(path)).close();
  });

  test.runIf(canBecomeNobody)('S-17: another user is refused; control: the owner is not', async () => {
    const place = folder();
    chmodSync(place, 0o755);
    const path = pathIn(place);
    await echo(path);
    const script = `require('net').connect(${JSON.stringify(path)}).on('connect',()=>{console.log('in');process.exit()}).on('error',(e)=>{console.log(e.code);process.exit()})`;
    const as = (...who: string[]): string => {
      const [command = '', ...words] = [...who, process.execPath, '-e', script];
      return execFileSync(command, words, { cwd: '/', encoding: 'utf8' }).trim();
    };
    const nobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
    // The listener lives in this process, so the children must not block it.
    expect(as(...nobody)).toBe('EACCES');
    expect(as()).toBe('in');
  });

  test('what a dead owner left is replaced, and leads nowhere before that', async () => {
    const path = pathIn(folder());
    mkdirSync(dirname(path), { mode: 0o700 });
    writeFileSync(path, '');
    expect(await connectLocally([path])).toBeNull();
    await echo(path);
    const port = await reach(path);
    port.postMessage('here');
    expect(await nextFrame(port)).toBe('here');
  });
});

describe('frames', () => {
  test('text and binary arrive as they were, several clients apart from each other', async () => {
    const path = pathIn(folder());
    await echo(path);
    const [a, b] = [await reach(path), await reach(path)];
    const answers = Promise.all([nextFrame(a), nextFrame(b)]);
    a.postMessage('µ — 細胞 🧬');
    b.postMessage(new Uint8Array([1, 2, 255, 0]));
    expect(await answers).toEqual(['µ — 細胞 🧬', new Uint8Array([0, 255, 2, 1])]);
  });

  test('a large frame comes whole', async () => {
    const path = pathIn(folder());
    await echo(path);
    const port = await reach(path);
    const text = 'x'.repeat(20 * 1024 * 1024);
    const answer = nextFrame(port);
    port.postMessage(text);
    expect((await answer).length).toBe(text.length);
  });

  test('cut anywhere, frames are the same (property)', () => {
    const frames = fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.uint8Array()), { maxLength: 6 });
    fc.assert(
      fc.property(frames, fc.infiniteStream(fc.integer({ min: 1, max: 9 })), (sent, sizes) => {
        const bytes = Buffer.concat(sent.map(encode));
        const got: (string | Uint8Array)[] = [];
        const take = frameReader((frame) => got.push(frame));
        for (let at = 0; at < bytes.length;) {
          const size = sizes.next().value as number;
          expect(take(bytes.subarray(at, at + size))).toBe(true);
          at += size;
        }
        expect(got).toEqual(sent.map((frame) => (typeof frame === 'string' ? frame : new Uint8Array(frame))));
      }),
    );
  });

  test('a frame of more than 64 MiB is refused at its head, before anything is kept of it', () => {
    const got: unknown[] = [];
    const take = frameReader((frame) => got.push(frame));
    const head = Buffer.alloc(5);
    head.writeUInt32BE(LARGEST_FRAME + 1);
    expect(take(head)).toBe(false);
    expect(take(encode('after that nothing counts'))).toBe(false);
    expect(got).toEqual([]);
    // Control: the largest that is allowed is waited for.
    head.writeUInt32BE(LARGEST_FRAME);
    expect(frameReader(() => undefined)(head)).toBe(true);
  });

  test('over the socket that ends the connection, and only that one', async () => {
    const path = pathIn(folder());
    await echo(path);
    const good = await reach(path);
    const bad = await raw(path);
    bad.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 0]));
    await gone(bad);
    const strange = await raw(path);
    strange.write(Buffer.from([0, 0, 0, 1, 7, 65]));
    await gone(strange);
    good.postMessage('still');
    expect(await nextFrame(good)).toBe('still');
  });

  test('a client that leaves half a frame behind is forgotten', async () => {
    const path = pathIn(folder());
    const server = await echo(path);
    const half = await raw(path);
    half.end(Buffer.from([0, 0, 0, 9, 0, 65]));
    await gone(half);
    await expect.poll(server.closed).toBe(1);
    const port = await reach(path);
    port.postMessage('next');
    expect(await nextFrame(port)).toBe('next');
  });

  test('a listener that closes serves its clients on, and takes no new ones', async () => {
    const path = pathIn(folder());
    const listener = await echo(path);
    const port = await reach(path);
    port.postMessage('a');
    await nextFrame(port);
    await listener.close();
    expect(await connectLocally([path])).toBeNull();
    const again = nextFrame(port);
    port.postMessage('b');
    expect(await again).toBeDefined();
  });
});

function encode(frame: string | Uint8Array): Buffer {
  const content = Buffer.from(frame as string);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(content.length);
  head[4] = typeof frame === 'string' ? 0 : 1;
  return Buffer.concat([head, content]);
}
