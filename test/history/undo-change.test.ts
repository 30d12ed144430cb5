/** What is taken back, and what is not: through the operations themselves, on real databases. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TransactionRecord } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { addLabels, createLabel, removeLabels } from '../../src-main/annotation/index.ts';
import { editArtifact, readContext } from '../../src-main/artifacts/index.ts';
import { listTransactions, undoChange } from '../../src-main/history/index.ts';
import { setSettings } from '../../src-main/instance/index.ts';
import { editStorage, useStorage } from '../../src-main/storage/index.ts';
import { setWatchRule } from '../../src-main/watching/index.ts';
import { openArtifacts, type TestArtifacts } from '../artifacts/open-artifacts.ts';
import { tablesOf } from './tables-of.ts';

let test: TestArtifacts;
beforeEach(async () => {
  test = await openArtifacts();
});
afterEach(() => test.close());

async function registered(...names: string[]): Promise<string[]> {
  for (const name of names) test.put(`lab/${name}`);
  const outcomes = await test.register(names);
  return outcomes.map((outcome) => (outcome.kind === 'registered' ? outcome.uid : ''));
}

async function latest(): Promise<TransactionRecord> {
  const { items } = await listTransactions(readContext(test.context), { limit: 1 });
  return items[0] as TransactionRecord;
}

const undo = (change: number | null = null) => undoChange(test.context, { change });

async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof BenchkeepError)) throw new Error('it was not refused');
  return `${error.code}: ${error.message}. ${error.remedy}`;
}

/** Does `work`, takes it back, and expects the tables as they were. */
async function takesBack(work: () => Promise<unknown>, title: string | RegExp): Promise<void> {
  const before = tablesOf(test.context.registry);
  await work();
  const done = tablesOf(test.context.registry);
  expect(done).not.toEqual(before);
  expect(await latest()).toMatchObject({
    title: expect.stringMatching(title) as string,
    undoable: true,
    why_not: null,
  });
  const { transaction, title: taken } = await undo();
  expect(tablesOf(test.context.registry)).toEqual(before);
  expect(await latest()).toMatchObject({ transaction, operation: 'undo', title: taken, undoable: true });
  expect((await test.verify({ registry: true })).failed).toEqual([]);
  await undo(transaction);
  expect(tablesOf(test.context.registry)).toEqual(done);
  expect((await test.verify({ registry: true })).failed).toEqual([]);
}

describe('undo and redo', () => {
  it('of labels that were added, made on the way or not', async () => {
    const uids = await registered('a.csv', 'b.csv', 'c.csv');
    await createLabel(test.context, { name: 'control' });
    await takesBack(
      () => addLabels(test.context, { artifacts: uids, labels: ['pilot', 'control'], create_missing: true }),
      /^Labels pilot and control were created and added to 3 files$/,
    );
    await takesBack(
      () => removeLabels(test.context, { artifacts: uids.slice(1), labels: ['pilot'] }),
      /^Label pilot was taken off 2 files$/,
    );
  });

  it('of a label that was made', async () => {
    await takesBack(() => createLabel(test.context, { name: 'control' }), /^Label control was created$/);
  });

  it('of what was said of a file', async () => {
    const [artifact = ''] = await registered('a.csv');
    await takesBack(
      () => editArtifact(test.context, { artifact, description: 'first', kind: 'dataset' }),
      /^The description and kind of a\.csv were changed$/,
    );
  });

  it('of what was said of a storage, of rules and settings', async () => {
    const other = await test.add(test.folder('other'), true);
    await takesBack(() => editStorage(test.context, { storage: other.uid, description: 'cold' }), /other is described/);
    await takesBack(() => useStorage(test.context, { storage: other.uid }), /other became the default storage place$/);
    await takesBack(() => setWatchRule(test.context, { storage: other.uid, exclude: ['*.bak'] }), /^The rule of/);
    await takesBack(() => setSettings(test.context, { keep_artifacts_local: true }), /^Settings/);
  });

  it('of a registration by the trash: the file stays, and its record too', async () => {
    const uids = await registered('a.csv', 'b.csv');
    const { transaction, title, undoable } = await latest();
    expect({ title, undoable }).toEqual({ title: '2 files were registered', undoable: true });
    const { items } = await undo(transaction);
    expect(items.map(({ uid, visibility }) => [uid, visibility])).toEqual(uids.map((uid) => [uid, -1]));
    const { items: back } = await undo((await latest()).transaction);
    expect(back.map(({ visibility }) => visibility)).toEqual([1, 1]);
  });
});

describe('undo without a number', () => {
  it('goes further back with each, over what was taken back and what can not be', async () => {
    const [artifact = ''] = await registered('a.csv');
    await editArtifact(test.context, { artifact, description: 'first' });
    await editArtifact(test.context, { artifact, description: 'second' });
    test.put('lab/a.csv', 'other content');
    await test.register(['a.csv']);
    const one = await undo();
    const two = await undo();
    expect([one.title, two.title]).toEqual(Array(2).fill('Taken back: The description of a.csv was changed'));
    expect((await test.row(artifact)).description).toBeNull();
  });

  it('has nothing to do in a new registry', async () => {
    expect(await refusal(undo())).toMatch(/^not_found: There is nothing of yours/);
  });
});

describe('undo is refused', () => {
  it('where the same was changed since, and says by what; what else was changed is not in the way', async () => {
    const [artifact = ''] = await registered('a.csv');
    await editArtifact(test.context, { artifact, description: 'first' });
    const { transaction } = await latest();
    await editArtifact(test.context, { artifact, kind: 'dataset' });
    expect((await listTransactions(readContext(test.context), { limit: 2 })).items[1]).toMatchObject({
      undoable: true,
    });
    await editArtifact(test.context, { artifact, description: 'second' });
    const later = await latest();
    const said = await refusal(undo(transaction));
    expect(said).toMatch(
      /^refused: This can't be taken back: the description of a\.csv was changed since, by ada at .* \(change \d+: edit\)\. Take that back first\.$/,
    );
    expect(said).toContain(`change ${String(later.transaction)}:`);
    await undo(later.transaction);
    await undo(transaction);
    expect(await test.row(artifact)).toMatchObject({ description: null, kind: 'dataset' });
  });

  it('where it was taken back already, until that is taken back', async () => {
    const [artifact = ''] = await registered('a.csv');
    await editArtifact(test.context, { artifact, description: 'first' });
    const { transaction } = await latest();
    const taken = await undo(transaction);
    expect(await refusal(undo(transaction))).toMatch(/taken back already \(change \d+\)/);
    const list = async () =>
      (await listTransactions(readContext(test.context), { limit: 50 })).items.find(
        (item) => item.transaction === transaction,
      );
    expect(await list()).toMatchObject({ undone_by: taken.transaction, undoable: false });
    const again = await undo(taken.transaction);
    expect(again.title).toBe('Done again: The description of a.csv was changed');
    expect(await list()).toMatchObject({ undone_by: null, undoable: true });
    await undo(transaction);
    expect(await list()).toMatchObject({ undoable: false });
  });

  it('for a label that is used since', async () => {
    const [artifact = ''] = await registered('a.csv');
    await createLabel(test.context, { name: 'control' });
    const { transaction } = await latest();
    await addLabels(test.context, { artifacts: [artifact], labels: ['control'] });
    expect(await refusal(undo(transaction))).toMatch(
      /the label control is used by 1 file since\. Take that back first/i,
    );
  });

  it('for a name that another record has now', async () => {
    await createLabel(test.context, { name: 'control' });
    const { transaction } = await undo((await latest()).transaction);
    await createLabel(test.context, { name: 'control' });
    expect(await refusal(undo(transaction))).toMatch(/another record has the place of .*label/i);
    expect((await test.verify({ registry: true })).failed).toEqual([]);
  });

  it('for new versions, storages, what was found on the disk, and what there is not', async () => {
    await registered('a.csv');
    test.put('lab/a.csv', 'other content');
    await test.register(['a.csv']);
    expect(await latest()).toMatchObject({ title: 'A new version of a.csv was registered', undoable: false });
    expect(await refusal(undo((await latest()).transaction))).toMatch(/it made a new version/);
    await test.add(test.folder('other'));
    expect(await refusal(undo((await latest()).transaction))).toMatch(/storage place is added with a folder/);
    test.put('lab/a.csv', 'OTHER content');
    await test.verify({ all: true });
    const { operation, transaction } = await latest();
    expect(operation).toBe('verify');
    expect(await refusal(undo(transaction))).toMatch(/it says what was found on the disk/);
    expect(await refusal(undo(99_999))).toMatch(/^not_found: There is no change 99999/);
    expect(await refusal(undo(1))).toMatch(/it made the registry|not one of the things/);
  });
});
