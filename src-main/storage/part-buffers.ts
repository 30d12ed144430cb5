/**
 * Memory of the parts that are on their way: so much for all uploads together, and the same again for the next part.
 * Making a buffer of many MiB anew for each part costs as much time as reading it.
 */
import { BenchkeepError } from '../../shared/errors.ts';
import { openRoom } from '../ports/room.ts';

/** Bytes: one upload to S3 at full speed, or several that share. */
const MOST = 64 * 1024 ** 2;

export interface PartBuffers {
  /**
   * A buffer of that length in shared memory, with anything in it, when there is room: first come, first served. One
   * that is larger than all there is gets it when nobody has any. Errors: `cancelled` when `signal` aborts; what the
   * system says where it has no memory.
   */
  take(bytes: number, signal: AbortSignal): Promise<Buffer>;
  /** Nobody reads it any more. */
  give(buffer: Buffer): void;
}

export function partBuffers(most = MOST): PartBuffers {
  const room = openRoom(most);
  const held = new Map<Buffer, () => void>();
  /** Who has one, or waits for one. */
  let users = 0;
  /** All of one size: that of the parts of the last upload. */
  let free: Buffer[] = [];

  function made(bytes: number): Buffer {
    if (free[0]?.length !== bytes) free = [];
    return free.pop() ?? Buffer.from(new SharedArrayBuffer(bytes));
  }

  function leave(): void {
    users -= 1;
    // Between two uploads nothing is held.
    if (users === 0) free = [];
  }

  return {
    async take(bytes, signal) {
      users += 1;
      const leaveRoom = await room.take(bytes, signal).catch(() => {
        leave();
        throw stopped();
      });
      try {
        const buffer = made(bytes);
        held.set(buffer, leaveRoom);
        return buffer;
      } catch (error) {
        leave();
        leaveRoom();
        throw error;
      }
    },
    give(buffer) {
      const leaveRoom = held.get(buffer);
      held.delete(buffer);
      if (free.length === 0 || free[0]?.length === buffer.length) free.push(buffer);
      leave();
      leaveRoom?.();
    },
  };
}

function stopped(): BenchkeepError {
  return new BenchkeepError('cancelled', 'Stopped', 'What is done so far is kept; run it again for the rest.', {
    retry: true,
  });
}
