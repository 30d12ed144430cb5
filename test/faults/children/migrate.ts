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

export async function openMigrating(home: string, manner: Manner) {
  const workbench = await openBenchWorkbench(home);
  const card = await findInstance(workbench, 'lab');
  const { fs, clock } = workbench;
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
  const [home = '', manner = 'whole'] = process.argv.slice(2);
  await (await openMigrating(home, manner as Manner)).close();
}
