/** One transfer that is worked on: what it has sent, how fast, and how it is stopped. */
import type { Clock } from '../ports/clock.ts';
import type { TransferRow } from '../workstation/schema.ts';
import type { Bandwidth } from './bandwidth.ts';
import type { Gate } from './gated-stores.ts';
import { rateMeter } from './rate-meter.ts';

/** What the work gets. */
export interface RunTools {
  signal: AbortSignal;
  /** Bytes that the store has of it by now. */
  onSent: (bytes: number) => void;
  /** Every sending passes it. */
  gate: Gate;
}

export interface RunningTransfer {
  row: TransferRow;
  tools: RunTools;
  /** Resolves when nobody is at work on it any more. */
  ended: Promise<void>;
  sent(): number;
  rate(): number | null;
  /** Breaks off what is on its way. */
  stop(): void;
  /** Lets parts that are on their way arrive, then stops. */
  stopAfterPart(): void;
  isStopped(): boolean;
}

export function runningTransfer(
  { clock, bandwidth }: { clock: Clock; bandwidth: Bandwidth },
  row: TransferRow,
  onSent: (bytes: number) => void,
): RunningTransfer {
  const controller = new AbortController();
  const meter = rateMeter(clock);
  let sent = row.sent;
  let onTheirWay = 0;
  let ending = false;
  const stop = (): void => {
    controller.abort();
  };
  const gate: Gate = async (bytes, signal) => {
    await bandwidth.take(bytes, signal);
    if (ending) await aborted(controller.signal);
    if (controller.signal.aborted) return () => undefined;
    onTheirWay++;
    return (arrived) => {
      onTheirWay--;
      if (arrived) meter.add(bytes);
      if (ending && onTheirWay === 0) stop();
    };
  };
  return {
    row,
    tools: {
      signal: controller.signal,
      gate,
      onSent(bytes) {
        sent = bytes;
        onSent(bytes);
      },
    },
    ended: Promise.resolve(),
    sent: () => sent,
    rate: () => meter.rate(),
    stop,
    stopAfterPart() {
      ending = true;
      if (onTheirWay === 0) stop();
    },
    isStopped: () => controller.signal.aborted,
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else
      signal.addEventListener(
        'abort',
        () => {
          resolve();
        },
        { once: true },
      );
  });
}
