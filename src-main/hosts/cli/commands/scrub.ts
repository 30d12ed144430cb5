/** `scrub status`, `scrub start`, `scrub pause`. */
import type { ScrubStatus } from '../../../../shared/contract/index.ts';
import { formatBytes } from '../../../../shared/format/bytes.ts';
import type { Client, Command } from '../command.ts';
import { renderFields } from '../render-text.ts';

function command(name: 'status' | 'start' | 'pause', help: string): Command {
  return {
    name: `scrub ${name}`,
    usage: '',
    help,
    positionals: [0, 0],
    async run(context) {
      const client: Client = await context.client();
      const status = await client.scrub[name]({});
      return { json: status, text: text(status) };
    },
  };
}

function text(status: ScrubStatus): string {
  return renderFields([
    ['state', status.state === 'running' ? 'running, while Benchkeep is open and nothing else is read' : status.state],
    ['checked', `${String(status.checked)} of ${String(status.total)} (${formatBytes(status.bytes)})`],
    ['failed', String(status.failed)],
    ['started', status.started_at],
    ['finished', status.finished_at],
    ['next', status.next_at],
    ['oldest verification', status.oldest_verified_at],
    ['newest verification', status.newest_verified_at],
    ['note', status.reason],
  ]);
}

export const scrubCommands: readonly Command[] = [
  command('status', 'how far reading all content again is, and when it comes next'),
  command('start', 'reads all content again, from where it was paused'),
  command('pause', 'stops reading until the next start'),
];
