/** S-19: answers, warnings and kept reasons quote errors; what a store said in one is not in them. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BenchkeepError } from '../../shared/errors.ts';
import { verify } from '../../src-main/artifacts/index.ts';
import { evictCached } from '../../src-main/transfers/index.ts';
import { useS3 } from '../stores/use-s3.ts';
import { openCloudLab, type CloudLab } from '../transfers/open-cloud-lab.ts';

const KEY = 'AKIAIOSFODNN7EXAMPLE';
const server = useS3('versitygw');
let lab: CloudLab;
beforeEach(async () => {
  for (const [name, value] of Object.entries<string>({ ...server().env })) vi.stubEnv(name, value);
  lab = await openCloudLab(server().root);
});
afterEach(() => lab.close());

test('S-19 an answer that quotes what a store said holds no secret of it', { timeout: 30_000 }, async () => {
  const { uid } = await lab.save(lab.put('a.fcs'), { key: 'a.fcs' });
  await lab.upload(uid);
  lab.before('stat', () => {
    throw new BenchkeepError('not_allowed', `The store refused ${KEY}`, `Ask about ${KEY}.`);
  });
  const kept = await evictCached(lab.context, uid, new AbortController().signal);
  expect(JSON.stringify(kept)).toMatch(/The store refused \[secret\]/);
  const job = verify(lab.context, { artifacts: [uid], all: false, registry: false });
  let step = await job.next();
  while (step.done !== true) step = await job.next();
  expect(JSON.stringify(step.value)).not.toContain(KEY);
});
