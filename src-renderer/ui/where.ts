/** Where the content of a file is, by its copies. */
import type { CopyRecord } from '../../shared/contract/records.ts';

export interface Where {
  /** On disks of people: in a storage place or in the cache. */
  local: boolean;
  cloud: boolean;
}

/** Of a path as `copies` has it: whether it is somewhere else than on disks of people. */
export function isCloudPath(path: string): boolean {
  return /^(s3|gs|https?|hf):\/\//.test(path);
}

export function isInCloud(copies: readonly CopyRecord[]): boolean {
  return copies.some(({ path }) => isCloudPath(path));
}

/** As it is shown: beside a copy here one in the cloud counts only once it is verified. */
export function whereOf(copies: readonly CopyRecord[]): Where {
  const local = copies.some(({ path }) => !isCloudPath(path));
  const cloud = copies.some(({ path, verified_at }) => isCloudPath(path) && (!local || verified_at !== null));
  return { local, cloud };
}
