import type { Client } from '../client/open-link.ts';
import type { SaveResult } from '../../shared/contract/index.ts';
import type { JobPlan } from '../jobs/jobs.svelte.ts';
import { countText } from '../ui/words.ts';

/** Registers single files by path; an empty description is none. */
export function savePlan(client: Client, paths: string[], description: string): JobPlan<SaveResult> {
  return {
    title: 'Adding files',
    start: (signal) =>
      client.artifacts.save({ paths, ...(description === '' ? {} : { description }) }, { signal }),
    summarise: (result) => [`${countText(result.items.length, 'file')} added.`, ...result.warnings].join(' '),
  };
}
