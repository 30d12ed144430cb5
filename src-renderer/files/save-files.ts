import { countOf } from '../../shared/format/counts.ts';
import type { Client } from '../client/open-link.ts';
import type { SaveResult } from '../../shared/contract/index.ts';
import type { JobPlan } from '../jobs/jobs.svelte.ts';

/** Registers single files by path; an empty description is none. */
export function savePlan(client: Client, paths: string[], description: string): JobPlan<SaveResult> {
  return {
    title: 'Adding files',
    start: (signal) => client.artifacts.save({ paths, ...(description === '' ? {} : { description }) }, { signal }),
    summarise: (result) => [`${countOf(result.items.length, 'file')} added.`, ...result.warnings].join(' '),
  };
}
