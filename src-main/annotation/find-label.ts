/** Which label a person means: by name or uid. */
import type { Kysely } from 'kysely';
import { BenchkeepError } from '../../shared/errors.ts';
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import type { RegistryDB, UlabelRow } from '../registry/schema.ts';
import { nearNames } from './near-names.ts';

/** Null where there is none of this name. Error: `ambiguous` where several types have one. */
export async function findLabelOrNull(db: Kysely<RegistryDB>, argument: string): Promise<UlabelRow | null> {
  const name = argument.trim().normalize('NFC');
  const rows = await db
    .selectFrom('ulabel')
    .selectAll()
    .where((where) => where.or([where('name', '=', name), where('uid', '=', name)]))
    .execute();
  const named = rows.filter((row) => row.name === name);
  const [label] = named.length > 0 ? named : rows;
  if (named.length > 1) {
    throw new BenchkeepError(
      'ambiguous',
      `There are ${String(named.length)} labels "${name}", of different types: ${named.map(({ uid }) => uid).join(', ')}`,
      'Give the uid of the one that is meant (benchkeep label list shows them).',
    );
  }
  return label ?? null;
}

/** Error: `not_found`, with near names. */
export async function findLabel(db: Kysely<RegistryDB>, argument: string): Promise<UlabelRow> {
  const label = await findLabelOrNull(db, argument);
  if (label !== null) return label;
  const names = (await db.selectFrom('ulabel').select('name').execute()).map((row) => row.name);
  const near = nearNames(argument, names);
  const shown = escapeForDisplay(argument.trim().slice(0, 200));
  const create = `create it: benchkeep label create ${/^[\w.-]+$/.test(shown) ? shown : JSON.stringify(shown)}`;
  const remedy =
    near.length > 0
      ? `Did you mean ${near.map((name) => `"${name}"`).join(', ')}? Or ${create}`
      : `${create[0]?.toUpperCase() ?? ''}${create.slice(1)}`;
  throw new BenchkeepError('not_found', `There is no label "${shown}"`, remedy, { details: { near } });
}
