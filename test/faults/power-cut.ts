/** Cuts the power of a disk that holds an instance, and tells what was confirmed before and what is there afterwards. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runWithMounts } from '../storage/mounts.ts';

export interface AfterPowerCut {
  confirmed: string[];
  found: { known: string[]; warnings: string[]; sound: string; violations: string[] };
  /** Confirmed, and not there any more. */
  lost: string[];
}

/** `lines`: how many confirmations to wait for. */
export function cutPower(synchronous: 'FULL' | 'NORMAL', lines = 60): AfterPowerCut {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'benchkeep-power-')));
  try {
    const result = runWithMounts(
      join(import.meta.dirname, 'children', 'power-cut.ts'),
      base,
      synchronous,
      String(lines),
    ) as Omit<AfterPowerCut, 'lost'>;
    return { ...result, lost: result.confirmed.filter((name) => !result.found.known.includes(name)) };
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}
