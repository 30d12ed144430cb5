import type { JobPlan } from '../jobs/jobs.svelte.ts';
import type { Client } from '../client/open-link.ts';
import type { VerifyResult } from '../../shared/contract/index.ts';
import { countText } from '../ui/words.ts';

/** Reads the content of files again and compares it with what the registry says. */
export function verifyPlan(client: Client, artifacts: string[]): JobPlan<VerifyResult> {
  return {
    title: 'Verifying',
    start: (signal) => client.artifacts.verify({ artifacts }, { signal }),
    summarise(result) {
      if (result.failed.length === 0) return `${countText(result.ok, 'file')} verified: the content is unchanged.`;
      const [first] = result.failed;
      const more = result.failed.length > 1 ? ` and ${countText(result.failed.length - 1, 'more', 'more')}` : '';
      return `${result.ok.toLocaleString()} of ${countText(result.checked, 'file')} verified. Not: ${first?.path ?? ''} (${first?.reason ?? ''})${more}.`;
    },
  };
}
