/** Is the registry sound, and does its change log tell how it came to be what it is? */
import { BenchkeepError } from '../../shared/errors.ts';
import { wait } from '../ports/clock.ts';
import type { InstanceContext } from '../instance/index.ts';
import { checkDerived, checkFile, checkVersions } from '../registry/check-tables.ts';
import { closeRegistry, openRegistry } from '../registry/open-registry.ts';
import { checkChain, checkReplay, type Problems } from '../registry/replay-log.ts';
import { sqliteError } from '../registry/sqlite-error.ts';
import type { SqliteHandle } from '../ports/fs/sqlite-file.ts';
import { refuseIfStopped } from './tell-progress.ts';

type Context = Pick<InstanceContext, 'registry' | 'clock'>;

/** Problems told; what is so damaged is not looked at further. */
const MOST = 20;

/** In plain words; empty where nothing is wrong. Everything is read as it was at one moment, while others go on writing. */
export async function verifyRegistry({ registry, clock }: Context, signal: AbortSignal): Promise<string[]> {
  const beside = await openRegistry(registry.path, { readonly: true, beside: true });
  const problems: string[] = [];
  try {
    beside.sqlite.exec('BEGIN');
    for (const problem of everyProblem(beside.sqlite)) {
      if (problem !== null) problems.push(problem);
      if (problems.length >= MOST) break;
      if (problem !== null) continue;
      refuseIfStopped(signal);
      await wait(clock, 0);
    }
  } catch (error) {
    const known = sqliteError(error, registry.path);
    if (!(known instanceof BenchkeepError) || known.code !== 'registry_corrupt') throw known;
    problems.push(`${known.message}. ${known.remedy}`);
  } finally {
    await closeRegistry(beside);
  }
  return problems;
}

function* everyProblem(sqlite: SqliteHandle): Problems {
  yield* checkFile(sqlite);
  yield* checkVersions(sqlite);
  yield* checkDerived(sqlite);
  yield* checkChain(sqlite);
  yield* checkReplay(sqlite);
}
