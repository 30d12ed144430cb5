/** Sign-ins that this computer keeps. */
import type { Insertable, Kysely, Selectable } from 'kysely';
import { writeWorkstation, type Workstation } from './open-workstation.ts';
import type { CredentialTable, WorkstationDB } from './schema.ts';
import { readSetting, writeSetting } from './settings.ts';

type Place = Pick<CredentialTable, 'root' | 'endpoint'>;

const CHOSEN = 'chosen_endpoints';

export async function findCredential(
  db: Kysely<WorkstationDB>,
  { root, endpoint }: Place,
): Promise<Selectable<CredentialTable> | null> {
  const rows = db.selectFrom('credential').selectAll().where('root', '=', root).where('endpoint', '=', endpoint);
  return (await rows.executeTakeFirst()) ?? null;
}

/** In place of what is there. */
export async function keepCredential(workstation: Workstation, row: Insertable<CredentialTable>): Promise<void> {
  const { root, endpoint, ...rest } = row;
  await writeWorkstation(workstation, (tx) =>
    tx
      .insertInto('credential')
      .values({ root, endpoint, ...rest })
      .onConflict((conflict) => conflict.columns(['root', 'endpoint']).doUpdateSet(rest))
      .execute(),
  );
}

export async function forgetCredential(workstation: Workstation, { root, endpoint }: Place): Promise<void> {
  await writeWorkstation(workstation, (tx) =>
    tx.deleteFrom('credential').where('root', '=', root).where('endpoint', '=', endpoint).execute(),
  );
}

/** Whatever servers they were given for. */
export async function forgetCredentialsOf(workstation: Workstation, root: string): Promise<void> {
  await writeWorkstation(workstation, (tx) => tx.deleteFrom('credential').where('root', '=', root).execute());
}

/** Whether a person gave this endpoint on this computer. */
export async function isChosenEndpoint(workstation: Pick<Workstation, 'db'>, endpoint: string): Promise<boolean> {
  return ((await readSetting<string[]>(workstation, CHOSEN)) ?? []).includes(endpoint);
}

/** False where it was known. */
export async function rememberEndpoint(workstation: Workstation, endpoint: string): Promise<boolean> {
  const known = (await readSetting<string[]>(workstation, CHOSEN)) ?? [];
  if (known.includes(endpoint)) return false;
  await writeSetting(workstation, CHOSEN, [...known, endpoint]);
  return true;
}
