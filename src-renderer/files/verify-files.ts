import { countOf, formatCount } from '../../shared/format/counts.ts';
import type { JobPlan } from '../jobs/jobs.svelte.ts';
import type { Client } from '../client/open-link.ts';
import type { VerifyResult } from '../../shared/contract/index.ts';

/** Reads the content of files again and compares it with what the registry says. */
export function verifyPlan(client: Client, artifacts: string[]): JobPlan<VerifyResult> {
  return {
    title: 'Verifying',
    start: (signal) => client.artifacts.verify({ artifacts }, { signal }),
    summarise(result) {
      if (result.failed.length === 0) return `${countOf(result.ok, 'file')} verified: the content is unchanged.`;
      const [first] = result.failed;
      const more = result.failed.length > 1 ? ` and ${countOf(result.failed.length - 1, 'more', 'more')}` : '';
      return `${formatCount(result.ok)} of ${countOf(result.checked, 'file')} verified. Not: ${first?.path ?? ''} (${first?.reason ?? ''})${more}.`;
    },
  };
}
