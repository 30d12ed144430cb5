/**
 * Ten mistakes, each of a kind that programs of this sort were seen to make, as edits of the sources while they are
 * loaded: the harness has to catch every one of them, or it is worth nothing. Nothing of this is in the product.
 */

export interface Edit {
  /** Below `src-main/`. */
  file: string;
  /** Stands there once. */
  from: string;
  to: string;
}

export const SEEDED_BUGS = {
  'rename before the copy is synced': [
    { file: 'ports/fs/node-fs.ts', from: "await effect('fs.syncFile', () => target.sync());", to: '' },
  ],
  'no sync of the folder': [{ file: 'ports/fs/node-fs.ts', from: 'await handle.sync();', to: '' }],
  'the default of synchronous': [
    {
      file: 'ports/fs/sqlite-file.ts',
      from: "sqlite.pragma('synchronous = FULL');",
      to: "sqlite.pragma('synchronous = NORMAL');",
    },
  ],
  // No bucket is involved yet: what a record needs goes before the record does.
  'the effect before its record: a marker is removed before the storage is': [
    {
      file: 'storage/remove-storage.ts',
      from: "await writeRegistry(context, await context.author(), 'storage remove'",
      to: "await takeMarkerAway(context, storage); await writeRegistry(context, await context.author(), 'storage remove'",
    },
  ],
  'the answer before the commit': [
    {
      file: 'registry/sqlite-dialect.ts',
      from: 'const rollback = driver.rollbackTransaction.bind(driver);',
      to: `const rollback = driver.rollbackTransaction.bind(driver);
           const commit = driver.commitTransaction.bind(driver);
           const begin = driver.beginTransaction.bind(driver);
           let late = null;
           const make = async () => { const connection = late; late = null; if (connection !== null) await commit(connection); };
           driver.commitTransaction = async (connection) => { late = connection; };
           driver.beginTransaction = async (connection, settings) => { await make(); await begin(connection, settings); };
           const destroy = driver.destroy.bind(driver);
           driver.destroy = async () => { await make(); await destroy(); };`,
    },
  ],
  'no second look at what was read': [
    {
      file: 'ports/fs/hash-file.ts',
      from: 'after === undefined || !sameMoment(before, after)',
      to: 'after === undefined',
    },
    { file: 'artifacts/register-batch.ts', from: 'now !== null && sameFacts(now, facts)', to: 'now !== null' },
  ],
  'verified by size alone': [
    {
      file: 'artifacts/verify-artifacts.ts',
      from: 'if (sha256 === outcome.sha256) return',
      to: 'if (size >= 0) return',
    },
  ],
  // The record is the mark here, the inventory says that nothing is left to do.
  'done before it is marked: a file counts as read before it has its record': [
    {
      file: 'artifacts/register-batch.ts',
      from: 'const { planned, written } = await writeRegistry(',
      to: 'await writeInventory(context, request.storage, steady, []);\n  const { planned, written } = await writeRegistry(',
    },
  ],
  'the root is not proven': [
    {
      file: 'storage/root-identity.ts',
      from: 'const root = localRoot(storage);',
      to: 'const root = localRoot(storage);\n  if (root !== null) return { attached: true };',
    },
  ],
  'the last copy is removed: what has no record is swept away whole': [
    {
      file: 'artifacts/sweep-orphans.ts',
      from: "if (!name.startsWith(TEMPORARY_PREFIX) || !name.endsWith('.tmp') || keep.has(joinRaw(folder, name))) continue;",
      to: "if (name.endsWith('.txt') || kind === 'folder') continue;",
    },
  ],
} as const satisfies Record<string, readonly Edit[]>;

export type BugName = keyof typeof SEEDED_BUGS;
