/** The environment of a child process in whose sources a mistake is planted. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BugName } from './seeded-bugs.ts';

export function withBug(bug: BugName | null): Record<string, string> {
  if (bug === null) return {};
  const planter = pathToFileURL(join(import.meta.dirname, 'plant-bug.ts')).href;
  return { BK_SEEDED_BUG: bug, NODE_OPTIONS: `--import=${planter}` };
}
