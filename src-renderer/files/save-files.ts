import { countOf } from '../../shared/format/counts.ts';
import type { Client } from '../client/open-link.ts';
import type { SaveResult } from '../../shared/contract/index.ts';
import type { JobPlan } from '../jobs/jobs.svelte.ts';

/**
 * Registers single files by path; empty texts are none. Without a `name` (only one file can be given one) those from
 * elsewhere are called as their files are. `upload`: into the cloud, also where new files are kept here.
 */
export function savePlan(
  client: Client,
  paths: string[],
  { name = '', description = '', upload = false }: { name?: string; description?: string; upload?: boolean } = {},
): JobPlan<SaveResult> {
  const called = name === '' ? { key_of_file: true } : { key: name };
  const more = { ...called, ...(description === '' ? {} : { description }), ...(upload ? { upload } : {}) };
  return {
    title: 'Adding files',
    start: (signal) => client.artifacts.save({ paths, ...more }, { signal }),
    summarise: (result) => [`${countOf(result.items.length, 'file')} added.`, ...result.warnings].join(' '),
  };
}
