/** Jobs on the content of files: free it here, bring it back, get a copy of it. */
import { formatBytes } from '../../shared/format/bytes.ts';
import { countOf } from '../../shared/format/counts.ts';
import type { FreeResult, SaveResult } from '../../shared/contract/index.ts';
import { WORDS } from '../../shared/vocabulary.ts';
import type { Client } from '../client/open-link.ts';
import type { JobPlan } from '../jobs/jobs.svelte.ts';

const { one, many } = WORDS.mixed;

/** `artifacts` null: all that is in the cache. */
export function freePlan(client: Client, artifacts: string[] | null): JobPlan<FreeResult> {
  return {
    title: 'Freeing up space',
    start: (signal) => client.artifacts.free({ artifacts }, { signal }),
    summarise({ items, freed, kept }) {
      const [first] = kept;
      const left =
        first === undefined
          ? ''
          : ` Kept here: ${first.name} (${first.reason})${kept.length > 1 ? ` and ${countOf(kept.length - 1, 'more', 'more')}` : ''}.`;
      return `${formatBytes(freed)} freed on this computer. ${countOf(items.length, `${one} is`, `${many} are`)} only in the cloud now.${left}`;
    },
  };
}

export function bringBackPlan(client: Client, artifacts: string[]): JobPlan<SaveResult> {
  return {
    title: 'Bringing back',
    fetches: artifacts,
    start: (signal) => client.artifacts.bringBack({ artifacts }, { signal }),
    summarise: ({ items, warnings }) =>
      [`${countOf(items.length, one, many)} back on this computer, verified.`, ...warnings].join(' '),
  };
}

export function cachePlan(client: Client, artifact: string): JobPlan<{ path: string }> {
  return {
    title: 'Getting a copy',
    fetches: [artifact],
    start: (signal) => client.artifacts.cache({ artifact }, { signal }),
    summarise: ({ path }) => `The copy is here: ${path}`,
  };
}
