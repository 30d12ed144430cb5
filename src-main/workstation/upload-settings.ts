/** How this computer uploads: how many files at once, how fast, and at which hours. */
import { readSetting } from './settings.ts';
import type { Workstation } from './open-workstation.ts';

const DEFAULT_AT_ONCE = 3;

/** Times of the day of this computer, such as "20:00" and "06:00"; `to` before `from` is the morning after. */
export interface UploadHours {
  from: string;
  to: string;
}

export interface UploadSettings {
  atOnce: number;
  /** Bytes a second over all uploads; null is unlimited. */
  bandwidth: number | null;
  /** Null: at any time. */
  hours: UploadHours | null;
}

export async function readUploadSettings(workstation: Pick<Workstation, 'db'>): Promise<UploadSettings> {
  return {
    atOnce: (await readSetting<number>(workstation, 'uploads_at_once')) ?? DEFAULT_AT_ONCE,
    bandwidth: await readSetting<number | null>(workstation, 'upload_bandwidth'),
    hours: await readSetting<UploadHours | null>(workstation, 'upload_hours'),
  };
}
