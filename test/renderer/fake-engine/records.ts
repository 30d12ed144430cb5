/** Builders for the records that the fake engine serves. */
import type { ArtifactRecord, LabelRecord, StorageRecord } from '../../../shared/contract/index.ts';

export const ROOT = '/data/instruments';
export const HOME = '/home/ada/benchkeep';
const FIRST = Date.UTC(2026, 8, 1, 8);
const MINUTE = 60_000;
const SUFFIXES = ['.fcs', '.csv', '.tiff', '.fastq.gz', '.txt', '.png'];
const FOLDERS = ['flow/day1', 'flow/day2', 'plate-reader/2026-11', 'microscope/well A1', 'sequencer/run 7'];

const pad = (n: number, width: number): string => String(n).padStart(width, '0');

export function makeStorage(n: number, changes: Partial<StorageRecord> = {}): StorageRecord {
  const at = new Date(FIRST).toISOString();
  return {
    uid: `stor${pad(n, 8)}`,
    root: `/data/place-${String(n)}`,
    description: null,
    type: 'local',
    region: 'bench-pc',
    endpoint: null,
    instance_uid: 'inst00000001',
    managed: true,
    default: false,
    local: false,
    watch: false,
    run: null,
    created_by: 'ada',
    created_at: at,
    updated_at: at,
    ...changes,
  };
}

/** The `n`th file: newer and bigger with `n`, one of six types, in one of five folders. */
export function makeArtifact(n: number, storage: StorageRecord, changes: Partial<ArtifactRecord> = {}): ArtifactRecord {
  const suffix = SUFFIXES[n % SUFFIXES.length] ?? '';
  const key = `${FOLDERS[n % FOLDERS.length] ?? ''}/sample_${pad(n, 5)}${suffix}`;
  const at = new Date(FIRST + n * MINUTE).toISOString();
  return {
    uid: `art${pad(n, 13)}0000`,
    key,
    description: null,
    suffix,
    kind: null,
    otype: null,
    size: (n * 7919) % 40_000_000,
    hash: pad(n, 22),
    hash_type: 'md5',
    sha256: pad(n, 64),
    n_files: null,
    n_observations: null,
    visibility: 1,
    is_latest: true,
    version: null,
    key_is_virtual: false,
    storage: { uid: storage.uid, root: storage.root, type: storage.type, region: storage.region },
    run: null,
    transform: null,
    created_by: 'ada',
    created_at: at,
    updated_at: at,
    state: 'ok',
    state_reason: null,
    copies: [{ storage: storage.uid, path: `${storage.root}/${key}`, verified_at: at }],
    ulabels: [],
    ...changes,
  };
}

export function makeLabel(name: string, changes: Partial<LabelRecord> = {}): LabelRecord {
  const at = new Date(FIRST).toISOString();
  const uid = `lab${Buffer.from(name).toString('hex').slice(0, 24)}`;
  return {
    uid,
    name,
    type: null,
    is_type: false,
    description: null,
    n_artifacts: 0,
    created_by: 'ada',
    created_at: at,
    updated_at: at,
    ...changes,
  };
}
