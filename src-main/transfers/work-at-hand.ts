/** How far somebody in this process is with a transfer, and how fast it goes: of downloads and saves, too, which no queue runs. */
import type { Clock } from '../ports/clock.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { rateMeter } from './rate-meter.ts';

export interface WorkAtHand {
  sent(): number;
  /** Bytes a second; null while nothing is measured. */
  rate(): number | null;
}

/** `told` gets the bytes of the content that have arrived by now. */
export function workAtHand(
  clock: Pick<Clock, 'monotonic'>,
  row: Pick<TransferRow, 'sent'>,
): WorkAtHand & { told: (bytes: number) => void } {
  const meter = rateMeter(clock);
  let { sent } = row;
  let isFirst = true;
  return {
    sent: () => sent,
    rate: () => meter.rate(),
    told(bytes) {
      // What is told first came before, and what is less than before is begun anew: neither is speed.
      if (!isFirst && bytes > sent) meter.add(bytes - sent);
      isFirst = false;
      sent = bytes;
    },
  };
}
