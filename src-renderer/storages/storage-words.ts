/** Storage places in words: what kind they are, where they are. */
import type { StorageRecord, StorageType } from '../../shared/contract/index.ts';

/** A bucket, that can be uploaded to. */
export function isCloud(type: StorageType): boolean {
  return type === 's3' || type === 'gs';
}

const KINDS: Record<StorageType, string> = {
  local: 'Folder',
  s3: 'Bucket (S3)',
  gs: 'Bucket (Google Cloud)',
  https: 'Web address',
  hf: 'Hugging Face',
};

export function kindText(type: StorageType): string {
  return KINDS[type];
}

/** "on bench-pc" of a folder; "in eu-central-1" of a bucket; null where nothing is known. */
export function placeText({ type, region }: Pick<StorageRecord, 'type' | 'region'>): string | null {
  if (!region) return null;
  return type === 'local' ? `on ${region}` : `in ${region}`;
}

/** What it means that a place is the default one, before it becomes that. `keepLocal`: new files stay here. */
export function defaultMeans(storage: Pick<StorageRecord, 'type'>, keepLocal: boolean): string[] {
  if (!isCloud(storage.type)) {
    return [
      'Files that you add from elsewhere are copied to this folder.',
      'Nothing can be uploaded while the default place is a folder.',
    ];
  }
  return [
    'Uploads go to this bucket.',
    keepLocal
      ? 'Files that you add from elsewhere stay on this computer, until you upload them.'
      : 'Files that you add from elsewhere are uploaded there at once, and not kept on this computer.',
  ];
}

/** What the switch does, given where the default place is. */
export function keepLocalMeans(
  keepLocal: boolean,
  home: Pick<StorageRecord, 'type' | 'root'> | undefined,
  local: string | null,
): string {
  if (home === undefined || !isCloud(home.type)) {
    const where = home === undefined ? 'a folder' : `the folder ${home.root}`;
    return `Your default storage place is ${where}, so new files are kept there in both cases. The switch begins to count once a bucket is the default place.`;
  }
  if (!keepLocal) return `Files that you add from elsewhere are uploaded to ${home.root} at once.`;
  return local === null
    ? 'This computer has no storage place to keep them in yet: add a folder under Storage places.'
    : `Files that you add from elsewhere are copied to ${local}. They go to ${home.root} when you choose Upload to cloud.`;
}
