/** A watch rule as the fields of its form, and back. Patterns stand one a line. */
import type { WatchRule } from '../../shared/contract/index.ts';

export interface RuleFields {
  include: string;
  exclude: string;
  bundle: string;
  done_marker: string;
  /** Seconds, or empty for the default of the disk. */
  settle: string;
  /** What arrives is uploaded, too. */
  upload: boolean;
}

export function fieldsOf(rule: WatchRule): RuleFields {
  return {
    include: rule.include.join('\n'),
    exclude: rule.exclude.join('\n'),
    bundle: rule.bundle.join('\n'),
    done_marker: rule.done_marker ?? '',
    settle: rule.settle === null ? '' : String(rule.settle),
    upload: rule.upload,
  };
}

/** Null where the time is no number of seconds of a day. */
export function ruleOf(fields: RuleFields): WatchRule | null {
  const settle = fields.settle.trim().replace(',', '.');
  const seconds = settle === '' ? null : Number(settle);
  if (seconds !== null && !(seconds >= 0 && seconds <= 86_400)) return null;
  const marker = fields.done_marker.trim();
  return {
    include: linesOf(fields.include),
    exclude: linesOf(fields.exclude),
    bundle: linesOf(fields.bundle),
    done_marker: marker === '' ? null : marker,
    settle: seconds,
    upload: fields.upload,
  };
}

function linesOf(text: string): string[] {
  return [
    ...new Set(
      text
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== ''),
    ),
  ];
}
