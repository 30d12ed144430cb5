/** `backup list|now|restore` and `doctor`. */
import type { BackupRecord, DoctorCheck } from '../../../../shared/contract/index.ts';
import { formatBytes } from '../../../../shared/format/bytes.ts';
import type { Command } from '../command.ts';
import { renderTable } from '../render-text.ts';
import { runJob } from '../run-job.ts';

function backupsTable(items: readonly BackupRecord[]): string {
  return renderTable(
    ['id', 'made', 'kind', 'size', 'files', 'last change', 'good', 'why'],
    items.map((item) => [
      item.id,
      item.created_at.slice(0, 19).replace('T', ' '),
      item.kind,
      formatBytes(item.size),
      item.n_artifacts,
      item.last_change,
      item.good,
      item.reason,
    ]),
    'No backup yet. Make one: benchkeep backup now',
  );
}

const list: Command = {
  name: 'backup list',
  usage: '',
  help: 'backups of the registry, newest first',
  opensInstance: false,
  positionals: [0, 0],
  async run(context) {
    const result = await (await context.client()).registry.backups({});
    return { json: result, text: backupsTable(result.items) };
  },
};

const now: Command = {
  name: 'backup now',
  usage: '',
  help: 'makes a backup of the registry',
  positionals: [0, 0],
  async run(context) {
    const made = await (await context.client()).registry.backup({});
    return { json: made, text: backupsTable([made]) };
  },
};

const restore: Command = {
  name: 'backup restore',
  usage: 'ID',
  help: 'puts a backup in the place of the registry; the files that were there are kept',
  opensInstance: false,
  positionals: [1, 1],
  async run(context) {
    const [id = ''] = context.arguments.positionals;
    const result = await (await context.client()).registry.restore({ id });
    const text = `Restored ${result.id}. The files that were there are kept in ${result.aside}.\nWhat it does not know is found again by looking at the watched folders: benchkeep watch --once`;
    return { json: result, text };
  },
};

const doctor: Command = {
  name: 'doctor',
  usage: '',
  help: 'looks whether everything is in order',
  opensInstance: false,
  positionals: [0, 0],
  options: {
    selftest: { value: 'DIR', help: 'also tries out the file system of this folder' },
    repair: { help: 'repairs a damaged registry; the damaged files are kept' },
  },
  async run(context) {
    const selftest = context.arguments.text('selftest');
    const client = await context.client();
    const result = await runJob(
      client.registry.doctor({
        selftest: selftest === undefined ? null : context.absolute(selftest),
        repair: context.arguments.has('repair'),
      }),
      context,
    );
    return { json: result, text: checksText(result.checks), exitCode: result.checks.every(({ ok }) => ok) ? 0 : 1 };
  },
};

function checksText(checks: readonly DoctorCheck[]): string {
  return checks
    .map(({ name, ok, message, remedy }) => {
      const line = `${ok ? 'ok     ' : 'NOT OK '} ${name}: ${message}`;
      return remedy === null ? line : `${line}\n        ${remedy}`;
    })
    .join('\n');
}

export const registryCommands: readonly Command[] = [list, now, restore, doctor];
