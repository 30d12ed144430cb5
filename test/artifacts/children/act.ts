/** Does one thing with an instance in a process of its own, which may be killed or paused in it; prints what came of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { keepAlive } from '../../../src-main/ports/clock.ts';
import { sweepOrphans } from '../../../src-main/artifacts/index.ts';
import type { VerifyResult } from '../../../shared/contract/index.ts';
import { openArtifacts } from '../open-artifacts.ts';

export interface Act {
  /** Names below the default storage. */
  register?: string[];
  save?: { paths: string[]; key: string };
  verify?: boolean;
}

export interface Acted {
  result: unknown;
  /** What verifying everything said afterwards. */
  verified: VerifyResult | null;
  /** Code and message of an error. */
  error: { code: string; message: string } | null;
  rows: { uid: string; key: string | null; state: string; sha256: string | null; size: number }[];
  /** Names in the inventory with the checksum that it has. */
  inventory: { name: string; sha256: string | null }[];
}

const [base = ''] = process.argv.slice(2);
const act = JSON.parse(readFileSync(join(base, 'act.json'), 'utf8')) as Act;
const release = keepAlive();
const test = await openArtifacts(base);
await sweepOrphans(test.context);
const done: Acted = { result: null, verified: null, error: null, rows: [], inventory: [] };
try {
  if (act.register !== undefined) done.result = await test.register(act.register);
  if (act.save !== undefined) done.result = await test.save(act.save.paths, { key: act.save.key });
  if (act.verify === true) done.verified = await test.verify({ all: true, registry: true });
} catch (error) {
  const { code = 'none', message } = error as Error & { code?: string };
  done.error = { code, message };
}
done.rows = (await test.rows()).map(({ uid, key, state, sha256, size }) => ({ uid, key, state, sha256, size }));
const inventory = await test.context.workstation.db
  .selectFrom('inventory')
  .select(['name', 'sha256'])
  .orderBy('name')
  .execute();
done.inventory = inventory.map(({ name, sha256 }) => ({ name: name.toString(), sha256 }));
await test.context.hasher.close();
await test.context.close();
release();
process.stdout.write(JSON.stringify(done));
