/** Keys and lists of any object store (`object-store-cases`). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ObjectStore } from '../../../src-main/storage/objects/object-store.ts';
import { allOf, bytesOf } from './content.ts';
import type { TestStore } from './object-store-cases.ts';

const STRANGE = [
  'plate 1.csv',
  ' lead and trail ',
  'a+b',
  '100%',
  '%2F',
  '%20',
  "Ada's",
  '"q"',
  'größe.txt',
  'gro\u0308sse',
  '数据',
  '🧫.tif',
  'a&b=c',
  'x?y#z',
  '<x>',
  'a;b,c',
  'b\\s',
  '~(!*)',
  '{$}',
  '...',
  'a:b@c',
  'tab\tnew\nline\rend',
];
const NOT_IN_XML = ['\u0001', 'page\fbreak', '\u001b[31m', '\ufffe'];

export function describeKeys(here: TestStore): void {
  test('keys of any characters come back unchanged', async () => {
    const { store, at, limits } = here;
    const keys = [...STRANGE, ...NOT_IN_XML].map((name) => `${at}${name}`);
    for (const key of keys) await store.put(key, Buffer.from(key));
    const listed = keys.filter((key) => !limits.keysOfXml || !UNKNOWN_TO_XML.test(key));
    if (listed.length === keys.length) expect(await keysOf(store, at)).toEqual(inOrder(keys));
    else expect(await keysOf(store, at)).toEqual(expect.arrayContaining(listed));
    for (const key of keys) {
      expect(await store.stat(key)).toMatchObject({ key, size: Buffer.byteLength(key) });
      expect(String(await store.readRange(key, 0, 1_000))).toBe(key);
      await store.delete(key);
    }
    expect(await keysOf(store, at)).toEqual([]);
  });

  test('any keys, each with its own content', async () => {
    const { store, at } = here;
    let run = 0;
    const name = here.limits.keysOfXml ? anyName.filter((text) => !UNKNOWN_TO_XML.test(text)) : anyName;
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(name, { minLength: 1, maxLength: 4 }), async (names) => {
        const folder = `${at}${String(++run)}/`;
        for (const [index, each] of names.entries()) await store.put(`${folder}${each}/x`, bytesOf(9, index));
        expect(await keysOf(store, folder)).toEqual(inOrder(names.map((each) => `${folder}${each}/x`)));
        for (const [index, each] of names.entries())
          expect(await store.readRange(`${folder}${each}/x`, 0, 99)).toEqual(bytesOf(9, index));
      }),
      { numRuns: 20 },
    );
  });

  test('a list has all objects below its prefix, more than a page of them, in the order of their keys', async () => {
    const { store, at } = here;
    // A folder and names that begin like it: by key, not by folder.
    const keys = [...['a-', 'a.x', 'a/1', 'a/2', 'a0', 'b'].map((each) => `${at}run/${each}`), `${at}run.txt`];
    for (let index = 0; index < 1_020; index++) keys.push(`${at}run/many/${String(index)}`);
    await atOnce(keys, 16, (key) => store.put(key, Buffer.from('1')));
    expect(await keysOf(store, `${at}run/`)).toEqual(inOrder(keys.filter((key) => key.startsWith(`${at}run/`))));
    expect(await keysOf(store, `${at}run`)).toEqual(inOrder(keys));
    expect(await keysOf(store, `${at}run/a`)).toEqual(inOrder(keys.filter((key) => key.startsWith(`${at}run/a`))));
    const [first] = await allOf(store.list(`${at}run/b`));
    expect(first).toMatchObject({ key: `${at}run/b`, size: 1 });
    expect(Date.parse(first?.modifiedAt ?? '')).toBeGreaterThan(0);
    expect(first?.etag).toBe((await store.stat(`${at}run/b`))?.etag);
  });
}

// eslint-disable-next-line no-control-regex
const UNKNOWN_TO_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/u;

/** A part of a path, as file systems take it. */
const anyName = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 12 })
  .map((text) => text.replaceAll(/[/\0]/g, '_'))
  .filter((text) => text !== '.' && text !== '..');

/** Stores order by the bytes of UTF-8. */
function inOrder(keys: readonly string[]): string[] {
  return keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

async function atOnce<T>(items: readonly T[], most: number, run: (item: T) => Promise<unknown>): Promise<void> {
  const rest = items.values();
  const worker = async (): Promise<void> => {
    for (const item of rest) await run(item);
  };
  await Promise.all(Array.from({ length: most }, worker));
}

export async function keysOf(store: ObjectStore, prefix: string): Promise<string[]> {
  return (await allOf(store.list(prefix))).map(({ key }) => key);
}
