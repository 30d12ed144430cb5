/** The backups of an instance, each proven. Works also where the registry itself is damaged or gone. */
import * as z from 'zod';
import type { BackupRecord } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import type { Fs } from '../ports/fs/fs.ts';
import { ONCE_THROUGH_KIB, openSqlite, type SqliteHandle } from '../ports/fs/sqlite-file.ts';
import { joinRaw, rawFromText, type RawPath } from '../ports/fs/raw-path.ts';
import { sqliteCode } from '../registry/sqlite-error.ts';
import { backupFiles, backupsFolder, type BackupFile } from './backup-file.ts';
import { registryPath } from './instance-card.ts';
import { goesOnFrom, proveBackup, type BackupProof } from './prove-backup.ts';

export interface ListBackups {
  /** The instance's folder. */
  folder: RawPath;
  /** The instance's uid. */
  uid: string;
  /** Ms since 1970. */
  now: number;
}

export interface ProvenBackup extends BackupFile {
  record: BackupRecord;
  proof: BackupProof;
  /** The registry's log goes on from its end; false where an older one was restored since. */
  isBefore: boolean;
}

/** Proofs by id, so that a list does not read every file to its end each time; kept for a week. */
const proofs = z.record(
  z.string(),
  z.object({
    facts: z.string(),
    at: z.number(),
    proof: z.object({
      fault: z.string().nullable(),
      nArtifacts: z.number(),
      head: z.object({ id: z.number(), hash: z.string() }),
    }),
  }),
);
const WEEK = 7 * 24 * 3600 * 1000;
const MOST_BYTES = 1024 * 1024;

/** Newest first. */
export async function listBackups(fs: Fs, request: ListBackups): Promise<ProvenBackup[]> {
  const { folder, uid, now } = request;
  const files = await backupFiles(fs, folder);
  const known = await readProofs(fs, folder);
  const kept: z.infer<typeof proofs> = {};
  const live = openLive(registryPath(folder));
  try {
    const found: ProvenBackup[] = [];
    for (const file of files) {
      const facts = await fs.look(file.path);
      if (facts === null) continue;
      const seen = [facts.size, facts.mtimeNs, facts.ctimeNs, facts.ino].join(' ');
      const old = known[file.id];
      const entry =
        old?.facts === seen && Math.abs(now - old.at) < WEEK
          ? old
          : { facts: seen, at: now, proof: await proveBackup(file.path, uid) };
      kept[file.id] = entry;
      const created = file.createdAt ?? new Date(Number(BigInt(facts.mtimeNs) / 1_000_000n)).toISOString();
      const isBefore = live === null || entry.proof.fault !== null || isPrefix(live, entry.proof);
      found.push({
        ...file,
        proof: entry.proof,
        isBefore,
        record: recordOf(file, entry.proof, facts.size, created, isBefore),
      });
    }
    if (JSON.stringify(kept) !== JSON.stringify(known)) await keepProofs(fs, folder, kept);
    return found;
  } finally {
    live?.close();
  }
}

function recordOf(
  file: BackupFile,
  proof: BackupProof,
  size: number,
  createdAt: string,
  isBefore: boolean,
): BackupRecord {
  return {
    id: file.id,
    created_at: createdAt,
    size,
    kind: file.kind,
    n_artifacts: proof.nArtifacts,
    last_change: file.lastChange,
    good: proof.fault === null,
    reason: proof.fault ?? (isBefore ? null : 'Made before an older backup was restored'),
  };
}

function openLive(path: RawPath): SqliteHandle | null {
  try {
    return openSqlite(path, { readonly: true, cacheKib: ONCE_THROUGH_KIB });
  } catch (error) {
    // Gone or damaged: then there is nothing to compare with, and the backups are what counts.
    if (sqliteCode(error) === null) throw error;
    return null;
  }
}

function isPrefix(live: SqliteHandle, { head }: BackupProof): boolean {
  try {
    return goesOnFrom(live, head);
  } catch (error) {
    if (sqliteCode(error) === null) throw error;
    return true;
  }
}

function proofsPath(folder: RawPath): RawPath {
  return joinRaw(backupsFolder(folder), rawFromText('proven.json'));
}

async function readProofs(fs: Fs, folder: RawPath): Promise<z.infer<typeof proofs>> {
  if ((await fs.look(proofsPath(folder))) === null) return {};
  try {
    const text = (await fs.readRange(proofsPath(folder), 0, MOST_BYTES)).toString('utf8');
    return proofs.safeParse(JSON.parse(text)).data ?? {};
  } catch {
    // Damaged: everything is proven anew.
    return {};
  }
}

async function keepProofs(fs: Fs, folder: RawPath, kept: z.infer<typeof proofs>): Promise<void> {
  try {
    await fs.writeTempFsyncRename(proofsPath(folder), Buffer.from(JSON.stringify(kept), 'utf8'), 0o600);
  } catch (error) {
    // On a disk that is full or read-only the next list proves them again.
    if (!(error instanceof BenchkeepError)) throw error;
  }
}
