/** Who writes on this computer now, as a row of the registry. */
import { newRecordUid } from '../../shared/uid.ts';
import type { UserRecord } from '../../shared/contract/index.ts';
import { writeRegistry, type Author, type RegistryWrite, type WriteContext } from '../registry/change-log.ts';
import type { Random } from '../ports/random.ts';

export interface Person {
  handle: string;
  name: string | null;
}

type AuthorContext = WriteContext & { random: Random };

/** A person who is new to the registry is added. Errors: `registry_read_only`. */
export async function currentAuthor(context: AuthorContext, person: Person): Promise<Author> {
  const known = await context.registry.db
    .selectFrom('user')
    .select('id')
    .where('handle', '=', person.handle)
    .executeTakeFirst();
  return { userId: known?.id ?? (await addUser(context, person)), runId: null };
}

/** People add themselves: the row is its own author. */
async function addUser(context: AuthorContext, person: Person): Promise<number> {
  const last = await context.registry.db
    .selectFrom('user')
    .select('id')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  const id = (last?.id ?? 0) + 1;
  return writeRegistry(context, { userId: id, runId: null }, 'user', (write) =>
    insertUser(write, context.random, person, id),
  );
}

export function insertUser(write: RegistryWrite, random: Random, person: Person, id: number): number {
  const row = {
    id,
    uid: newRecordUid(random, 'user'),
    handle: person.handle,
    name: person.name,
    created_at: write.now,
    updated_at: write.now,
  };
  const [inserted = id] = write.insert('user', [row]);
  return inserted;
}

export async function userRecord(context: Pick<WriteContext, 'registry'>, id: number): Promise<UserRecord> {
  return context.registry.db
    .selectFrom('user')
    .select(['uid', 'handle', 'name'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
}
