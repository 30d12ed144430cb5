/** Makes a label, or a type that labels can have. */
import type { LabelRecord } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { newRecordUid } from '../../shared/uid.ts';
import { descriptionOf } from '../artifacts/index.ts';
import type { InstanceContext } from '../instance/index.ts';
import { writeRegistry, type RegistryWrite } from '../registry/change-log.ts';
import { isUniqueViolation } from '../registry/sqlite-error.ts';
import { findLabel } from './find-label.ts';
import { labelName } from './label-name.ts';
import { labelRecords } from './label-records.ts';

type Context = Pick<InstanceContext, 'registry' | 'clock' | 'random' | 'author' | 'onCommitted'>;

/** Errors: `name_not_valid`, `already_exists`, `not_found` (the type), `invalid_argument` (it is no type). */
export async function createLabel(
  context: Context,
  input: { name: string; type?: string | null | undefined; is_type?: boolean; description?: string | null | undefined },
): Promise<{ items: LabelRecord[] }> {
  const name = labelName(input.name);
  const typeId = input.type === undefined || input.type === null ? null : await typeOf(context, input.type);
  const description = descriptionOf(input.description ?? null);
  const id = await writeRegistry(context, await context.author(), 'label create', (write) => {
    return insertLabel(write, {
      uid: newRecordUid(context.random, 'ulabel'),
      name,
      description,
      isType: input.is_type ?? false,
      typeId,
    });
  });
  return { items: await labelRecords(context.registry.db, [id]) };
}

export interface NewLabel {
  uid: string;
  name: string;
  description: string | null;
  isType: boolean;
  typeId: number | null;
}

/** The id of the new label. Two labels of one name and type are refused by the table. */
export function insertLabel(write: RegistryWrite, label: NewLabel): number {
  try {
    const [id = 0] = write.insert('ulabel', [
      {
        uid: label.uid,
        name: label.name,
        description: label.description,
        is_type: label.isType ? 1 : 0,
        type_id: label.typeId,
        run_id: write.author.runId,
        created_by_id: write.author.userId,
        created_at: write.now,
        updated_at: write.now,
      },
    ]);
    return id;
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new BenchkeepError(
      'already_exists',
      `There is a label "${label.name}" already`,
      'Use it, or choose another name.',
      { cause: error },
    );
  }
}

async function typeOf(context: Context, argument: string): Promise<number> {
  const type = await findLabel(context.registry.db, argument);
  if (type.is_type === 1) return type.id;
  throw new BenchkeepError(
    'invalid_argument',
    `The label "${type.name}" is not a type`,
    `Create a type under another name: benchkeep label create NAME --is-type`,
  );
}
