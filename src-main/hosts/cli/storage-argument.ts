/** A storage as people name it on the command line: by uid, or by a path from where they are. */
import { BenchkeepError } from '../../../shared/errors.ts';
import type { CommandContext } from './command.ts';

const UID = /^[0-9A-Za-z]{12}$/;

/** What looks like a uid and is none may be a folder of that name. */
export async function onStorage<T>(
  { absolute }: Pick<CommandContext, 'absolute'>,
  named: string,
  run: (storage: string) => Promise<T>,
): Promise<T> {
  const root = absolute(named);
  if (!UID.test(named)) return run(root);
  try {
    return await run(named);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return run(root).catch((second: unknown) => {
      throw isNotFound(second) ? error : second;
    });
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof BenchkeepError && error.code === 'not_found';
}
