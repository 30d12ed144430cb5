/**
 * A message port over a stream socket: frames of oRPC travel as they are, each as 4 bytes length, 1 byte kind
 * (0 text, 1 binary), content.
 */
import type { Socket } from 'node:net';

/** What oRPC needs of a message port. */
export interface FramePort {
  on(event: 'message', listener: (event: { data: string | Uint8Array }) => void): void;
  on(event: 'close', listener: () => void): void;
  postMessage(frame: string | ArrayBufferLike | Uint8Array): void;
  /** What was posted still goes out. */
  close(): void;
}

/** Bytes. A longer frame ends the connection; its sender is not of this program, or something is badly wrong. */
export const LARGEST_FRAME = 64 * 1024 * 1024;
/** Bytes that may wait for a peer that doesn't read; then it is cut off. */
const MOST_WAITING = 128 * 1024 * 1024;
const HEAD = 5;
const TEXT = 0;
const BINARY = 1;

export function framePort(socket: Socket): FramePort {
  const onMessage: ((event: { data: string | Uint8Array }) => void)[] = [];
  const onClose: (() => void)[] = [];
  const take = frameReader((data) => {
    for (const listener of onMessage) listener({ data });
  });

  socket.on('data', (chunk: Buffer) => {
    if (!take(chunk)) socket.destroy();
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
      if (content.length > LARGEST_FRAME || socket.writableLength > MOST_WAITING) {
        socket.destroy();
        return;
      }
      const head = Buffer.alloc(HEAD);
      head.writeUInt32BE(content.length, 0);
      head[4] = typeof frame === 'string' ? TEXT : BINARY;
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

/** Takes chunks as they come and gives whole frames; false once what comes can't be frames. */
export function frameReader(onFrame: (data: string | Uint8Array) => void): (chunk: Buffer) => boolean {
  let received: Buffer[] = [];
  let length = 0;
  /** Bytes that the frame at the front needs; its head first. */
  let wanted = HEAD;
  let broken = false;
  return (chunk) => {
    if (broken) return false;
    received.push(chunk);
    length += chunk.length;
    while (length >= wanted) {
      const rest = received.length === 1 && received[0] !== undefined ? received[0] : Buffer.concat(received, length);
      const size = rest.readUInt32BE(0);
      const kind = rest[4];
      if (size > LARGEST_FRAME || (kind !== TEXT && kind !== BINARY)) {
        broken = true;
        received = [];
        return false;
      }
      wanted = HEAD + size;
      received = [rest];
      if (length < wanted) break;
      const content = rest.subarray(HEAD, wanted);
      received = [rest.subarray(wanted)];
      length -= wanted;
      wanted = HEAD;
      onFrame(kind === TEXT ? content.toString('utf8') : new Uint8Array(content));
    }
    return true;
  };
}

function bytesOf(frame: ArrayBufferLike | Uint8Array): Buffer {
  return frame instanceof Uint8Array
    ? Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength)
    : Buffer.from(frame);
}
