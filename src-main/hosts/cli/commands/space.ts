/** `free`, `bring-back`. */
import { BenchkeepError } from '../../../../shared/errors.ts';
import { formatBytes } from '../../../../shared/format/bytes.ts';
import { countOf } from '../../../../shared/format/counts.ts';
import { escapeForDisplay } from '../../../../shared/format/display-name.ts';
import type { Command } from '../command.ts';
import { runJob } from '../run-job.ts';
import { artifactsTable } from './artifacts-table.ts';

interface Kept {
  name: string;
  reason: string;
}

const free: Command = {
  name: 'free',
  usage: 'ARTIFACT...|--all',
  help: 'remove content of this computer that is verified in the cloud; bring-back undoes it',
  positionals: [0, 100_000],
  options: {
    all: { help: 'everything in the cache; files elsewhere go only where they are named' },
    'dry-run': { help: 'only say what would go' },
  },
  async run(context) {
    const { positionals, has } = context.arguments;
    if (has('all') === positionals.length > 0) {
      throw new BenchkeepError(
        'invalid_argument',
        has('all') ? 'Both names and --all are given' : 'It is not said what to free',
        'Give artifacts, or --all for everything in the cache.',
      );
    }
    const artifacts = has('all') ? null : positionals;
    const client = await context.client();
    if (has('dry-run')) {
      const plan = await client.artifacts.planFree({ artifacts });
      const text = `${countOf(plan.n_files, 'file')}, ${formatBytes(plan.size)} would go from this computer`;
      return { json: plan, text: [text, ...keptLines(plan.kept)].join('\n') };
    }
    const result = await runJob(client.artifacts.free({ artifacts }, { signal: context.signal }), context);
    const text = `${formatBytes(result.freed)} are free, of ${countOf(result.items.length, 'file')}`;
    // Who named files and still has them is told so by the exit code, too.
    const exitCode = artifacts !== null && result.kept.length > 0 ? 4 : 0;
    return { json: result, text: [text, ...keptLines(result.kept)].join('\n'), exitCode };
  },
};

function keptLines(kept: readonly Kept[]): string[] {
  return kept.map(({ name, reason }) => `stays: ${escapeForDisplay(name)}: ${reason}`);
}

const bringBack: Command = {
  name: 'bring-back',
  usage: 'ARTIFACT...',
  help: 'content from the cloud, to where it was before space was freed',
  positionals: [1, 100_000],
  async run(context) {
    const { positionals } = context.arguments;
    const client = await context.client();
    const result = await runJob(
      client.artifacts.bringBack({ artifacts: positionals }, { signal: context.signal }),
      context,
    );
    const text = [artifactsTable(result.items), ...result.warnings.map((warning) => `note: ${warning}`)].join('\n');
    return { json: result, text };
  },
};

export const spaceCommands: readonly Command[] = [free, bringBack];
