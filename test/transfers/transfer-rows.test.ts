import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { openWorkstation, type Workstation } from '../../src-main/workstation/open-workstation.ts';
import {
  activeTransfers,
  countTransfers,
  readyTransfers,
  transfersOf,
  transfersOver,
} from '../../src-main/workstation/transfer-rows.ts';
import { insertUploads } from '../../src-main/workstation/upload-rows.ts';
import { manyTransfers } from './many-transfers.ts';

const OVER = 10_000;
const WAITING = 500;
let folder: string;
let workstation: Workstation;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'benchkeep-rows-'));
  workstation = await openWorkstation(rawFromText(join(folder, 'workstation.db')), { readonly: false });
  await insertUploads(workstation, manyTransfers({ over: OVER, waiting: WAITING }), new Set());
});
afterAll(async () => {
  await workstation.db.destroy();
  rmSync(folder, { recursive: true, force: true });
});

/** What SQLite says of the queries that `run` compiles. */
async function plansOf(run: () => Promise<unknown>): Promise<string[]> {
  const plans: string[] = [];
  const prepare = workstation.sqlite.prepare.bind(workstation.sqlite);
  workstation.sqlite.prepare = (text: string) => {
    if (/^select/i.test(text))
      plans.push(
        ...(
          prepare(`EXPLAIN QUERY PLAN ${text}`).all(...(text.match(/\?/g) ?? []).map(() => 0)) as { detail: string }[]
        ).map(({ detail }) => detail),
      );
    return prepare(text);
  };
  try {
    await run();
  } finally {
    workstation.sqlite.prepare = prepare;
  }
  return plans;
}

it('with 10,000 that are over the list comes from its indexes', async () => {
  expect(await plansOf(() => activeTransfers(workstation, 1000))).toEqual(['SCAN transfer USING INDEX transfer_queue']);
  expect(await plansOf(() => transfersOver(workstation, 200))).toEqual(['SCAN transfer USING INDEX transfer_over']);
  expect(await plansOf(() => countTransfers(workstation))).toEqual([
    expect.stringMatching(/^SCAN transfer USING INDEX transfer_(queue|content|active)$/),
  ]);
  const wanted = { now: '2026', only: null, except: ['storage1'], limit: 200 };
  expect(await plansOf(() => readyTransfers(workstation, wanted))).toEqual([
    'SCAN transfer USING INDEX transfer_queue',
  ]);
  expect(await plansOf(() => transfersOf(workstation, ['artifact1'], { everything: true }))).toEqual([
    expect.stringContaining('USING INDEX transfer_artifact'),
  ]);
  // How long that is: `npm run bench held-up`.
  expect(await activeTransfers(workstation, 1000)).toHaveLength(WAITING);
  expect(await transfersOver(workstation, 200)).toHaveLength(200);
});
