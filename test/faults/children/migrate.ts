/** Opens the databases of an instance with one migration more than there are; to be killed on the way, or on a full disk. */
import { sql, type Kysely } from 'kysely';
import { openDatabases } from '../../../src-main/instance/open-databases.ts';
import { findInstance } from '../../../src-main/instance/index.ts';
import { instanceFolder } from '../../../src-main/instance/instance-card.ts';
import { registryMigrations, type Migration } from '../../../src-main/registry/migrations/index.ts';
import { openBenchWorkbench } from '../../instance/open-bench.ts';

export type Manner = 'whole' | 'throws' | 'killed' | 'large';

/** Makes a table and fills it; in between it does what it is asked to. */
export function anotherMigration(manner: Manner): Migration {
  return {
    name: '9999-another',
    async up(db: Kysely<unknown>) {
      await sql.raw('CREATE TABLE another (id INTEGER PRIMARY KEY, content BLOB) STRICT').execute(db);
      if (manner === 'throws') throw new Error('does not work out');
      if (manner === 'killed') process.kill(process.pid, 'SIGKILL');
      await sql
        .raw(`INSERT INTO another (content) VALUES (zeroblob(${manner === 'large' ? '8000000' : '10'}))`)
        .execute(db);
    },
  };
}

/** `now`: what the clock says then, ms since 1970. */
export async function openMigrating(home: string, manner: Manner, now: number | null = null) {
  const workbench = await openBenchWorkbench(home);
  const card = await findInstance(workbench, 'lab');
  const { fs } = workbench;
  const clock = now === null ? workbench.clock : { ...workbench.clock, now: () => now };
  return openDatabases(
    {
      fs,
      clock,
      token: `${manner} ${String(process.pid)}`,
      migrations: [...registryMigrations, anotherMigration(manner)],
    },
    card,
    instanceFolder(workbench.home, card.uid),
  );
}

if (import.meta.main) {
  const [home = '', manner = 'whole', days = '0'] = process.argv.slice(2);
  // Each try a day of its own: after three within one there would be no other.
  await (await openMigrating(home, manner as Manner, Date.now() + Number(days) * 86_400_000)).close();
}
