/**
 * Copies frames between a client's WebSocket and the engine's port, unchanged: text stays a string, binary stays a
 * Uint8Array. When either side ends, so does the other.
 */
import type { MessagePort } from 'node:worker_threads';
import type { WebSocket } from 'ws';
import type { Clock } from '../../ports/clock.ts';

/** Bytes waiting for a slow client: above `PAUSE` no more of its requests are read, above `GIVE_UP` it is cut off. */
const PAUSE_BYTES = 4 * 1024 * 1024;
const RESUME_BYTES = 1024 * 1024;
const GIVE_UP_BYTES = 64 * 1024 * 1024;
/** A client that showed no life between two beats is gone (a laptop closed, an SSH tunnel cut). */
export const HEARTBEAT_MS = 30_000;

export function bridgeSocket(clock: Pick<Clock, 'after'>, socket: WebSocket, port: MessagePort): void {
  let alive = true;
  let stopBeating = clock.after(HEARTBEAT_MS, beat);

  // Text comes as a Buffer all the same.
  socket.binaryType = 'arraybuffer';
  socket.on('message', (data: Buffer | ArrayBuffer) => {
    alive = true;
    if (data instanceof ArrayBuffer) port.postMessage(new Uint8Array(data), [data]);
    else port.postMessage(data.toString('utf8'));
  });
  socket.on('pong', () => {
    alive = true;
  });
  // A broken frame or connection: `close` follows.
  socket.on('error', () => {
    socket.terminate();
  });
  socket.on('close', () => {
    stopBeating();
    port.close();
  });

  port.on('message', (frame: unknown) => {
    if (typeof frame !== 'string' && !(frame instanceof Uint8Array)) {
      socket.close(1011);
      return;
    }
    // The port can't be held back, so the engine's answers pile up here while the client doesn't take them.
    if (socket.bufferedAmount > GIVE_UP_BYTES) {
      socket.terminate();
      return;
    }
    socket.send(frame, { binary: typeof frame !== 'string' }, sent);
    if (socket.bufferedAmount > PAUSE_BYTES) socket.pause();
  });
  port.on('close', () => {
    socket.close(1001);
  });

  function sent(): void {
    alive = true;
    if (socket.isPaused && socket.bufferedAmount < RESUME_BYTES) socket.resume();
  }

  function beat(): void {
    if (!alive) {
      socket.terminate();
      return;
    }
    alive = false;
    socket.ping();
    stopBeating = clock.after(HEARTBEAT_MS, beat);
  }
}
