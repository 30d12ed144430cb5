import { afterEach, beforeEach, expect, it } from 'vitest';
import { planRemovals } from '../../src-main/artifacts/pending-removals.ts';
import { finishEarlier } from '../../src-main/engine/finish-earlier.ts';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { openArtifacts, type TestArtifacts } from '../artifacts/open-artifacts.ts';

let lab: TestArtifacts;
beforeEach(async () => {
  lab = await openArtifacts();
});
afterEach(() => lab.close());

it('what should never happen while stores are asked is told, and not lost', async () => {
  const { context } = lab;
  await planRemovals(context, [{ kind: 'object', uid: 'x'.repeat(20), storageUid: 'y', path: rawFromText('a') }]);
  let told = 0;
  const broken = { ...context, contentsAtWork: null as never };
  await (
    await finishEarlier(broken, () => told++)
  ).ended;
  expect(told).toBe(1);
  expect(context.warnings).toEqual([
    expect.stringMatching(/^What was left to be done with stores was not done: .+ The next start/),
  ]);
});
