import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addLabels, createLabel, labelName, listLabels, removeLabels } from '../../src-main/annotation/index.ts';
import type { InstanceContext } from '../../src-main/instance/index.ts';
import { systemClock } from '../../src-main/ports/clock.ts';
import { nodeFs } from '../../src-main/ports/fs/node-fs.ts';
import { systemRandom } from '../../src-main/ports/random.ts';
import {
  artifactRow,
  insertStorage,
  openTestRegistry,
  WORKSTATION,
  type TestRegistry,
} from '../registry/open-test-registry.ts';

type Context = Pick<
  InstanceContext,
  'registry' | 'workstation' | 'workstationUid' | 'fs' | 'clock' | 'random' | 'author' | 'onCommitted'
>;
let test: TestRegistry;
let context: Context;
const uid = (n: number): string => `A${String(n).padStart(15, '0')}0000`;
const names = async (search?: string): Promise<string[]> =>
  (await listLabels({ registry: test.registry.db }, { search })).items.map(({ name }) => name);
const changes = (): unknown => test.registry.sqlite.prepare('SELECT count(*) FROM change').pluck().get();

beforeEach(async () => {
  test = await openTestRegistry();
  const { registry, workstation } = test;
  context = {
    registry,
    workstation,
    workstationUid: WORKSTATION,
    fs: nodeFs(systemRandom),
    clock: systemClock,
    random: systemRandom,
    author: () => Promise.resolve(test.author),
    onCommitted: () => undefined,
  };
  await test.write((write) => {
    insertStorage(write, 'storage00001', '/data');
    write.insert(
      'artifact',
      [1, 2, 3].map((n) => artifactRow(n)),
    );
  });
});
afterEach(() => test.close());

describe('labels', () => {
  it('are created, with a type, and found by words of name and description', async () => {
    await createLabel(context, { name: 'Treatment', is_type: true });
    const [label] = (await createLabel(context, { name: ' IFN gamma ', type: 'Treatment', description: 'a cytokine' }))
      .items;
    expect(label).toMatchObject({
      name: 'IFN gamma',
      type: 'Treatment',
      is_type: false,
      n_artifacts: 0,
      created_by: 'ada',
    });
    expect(label?.uid).toMatch(/^[0-9A-Za-z]{8}$/);
    await createLabel(context, { name: 'control' });
    expect(await names()).toEqual(['IFN gamma', 'Treatment', 'control']);
    expect(await names('gam cyto')).toEqual(['IFN gamma']);
    expect(await names('c')).toEqual(['control']);
    expect(await names('nothing')).toEqual([]);
  });

  it('are refused twice, with a type that is none, or of no type that is there', async () => {
    await createLabel(context, { name: 'control' });
    await expect(createLabel(context, { name: 'control' })).rejects.toMatchObject({ code: 'already_exists' });
    await expect(createLabel(context, { name: 'x', type: 'control' })).rejects.toMatchObject({
      code: 'invalid_argument',
    });
    await expect(createLabel(context, { name: 'x', type: 'contrl' })).rejects.toMatchObject({
      code: 'not_found',
      details: { near: ['control'] },
    });
  });

  it('are put on many artifacts at once, and again without a change', async () => {
    await createLabel(context, { name: 'IFNG' });
    await createLabel(context, { name: 'control' });
    const input = { artifacts: [uid(1), 'file-2.csv', uid(1)], labels: ['IFNG', 'control'] };
    const { items } = await addLabels(context, input);
    expect(items.map((item) => [item.uid, item.ulabels])).toEqual([
      [uid(1), ['IFNG', 'control']],
      [uid(2), ['IFNG', 'control']],
    ]);
    expect((await listLabels({ registry: test.registry.db }, {})).items.map((label) => label.n_artifacts)).toEqual([
      2, 2,
    ]);
    const before = changes();
    await addLabels(context, input);
    expect(changes()).toBe(before);
    await removeLabels(context, { artifacts: [uid(1), uid(3)], labels: ['IFNG'] });
    const after = changes();
    const removed = await removeLabels(context, { artifacts: [uid(1), uid(3)], labels: ['IFNG'] });
    expect(removed.items[0]?.ulabels).toEqual(['control']);
    expect(changes()).toBe(after);
    expect((await listLabels({ registry: test.registry.db }, { search: 'IFNG' })).items[0]?.n_artifacts).toBe(1);
  });

  it('that are unknown stop everything, with near names and how to make one', async () => {
    await createLabel(context, { name: 'control' });
    const before = changes();
    const add = addLabels(context, { artifacts: [uid(1)], labels: ['control', 'Contrl'] });
    await expect(add).rejects.toMatchObject({
      code: 'not_found',
      remedy: 'Did you mean "control"? Or create it: benchkeep label create Contrl',
    });
    await expect(addLabels(context, { artifacts: [uid(1)], labels: ['my label'] })).rejects.toMatchObject({
      remedy: 'Create it: benchkeep label create "my label"',
    });
    await expect(addLabels(context, { artifacts: ['nothing.csv'], labels: ['control'] })).rejects.toMatchObject({
      code: 'not_found',
    });
    expect(changes()).toBe(before);
    const { items } = await addLabels(context, {
      artifacts: [uid(1)],
      labels: ['control', 'New one'],
      create_missing: true,
    });
    expect(items[0]?.ulabels).toEqual(['New one', 'control']);
  });

  it('F-DB22: have bounded names of visible text in one form, or are refused', async () => {
    expect(labelName('  Gro\u0308ße ')).toBe('Größe');
    for (const bad of ['', '   ', 'a\nb', 'a\0b', '\ud800', 'x'.repeat(201), 'a\u202eb', `${'y'.repeat(10_000_000)}`]) {
      await expect(createLabel(context, { name: bad })).rejects.toMatchObject({ code: 'name_not_valid' });
    }
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 250 }), async (text) => {
        const made = await createLabel(context, { name: text }).catch((error: unknown) => error);
        if (made instanceof Error)
          expect(made).toMatchObject({ code: expect.stringMatching(/^(name_not_valid|already_exists)$/) as string });
        else {
          const { name } = (made as { items: { name: string }[] }).items[0] ?? { name: '' };
          expect(name).toBe(text.trim().normalize('NFC'));
          const { items } = await addLabels(context, { artifacts: [uid(1)], labels: [name] });
          expect(items[0]?.ulabels).toContain(name);
        }
      }),
      { numRuns: 100 },
    );
  });
});
