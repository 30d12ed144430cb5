/** Procedures on instances, users and settings. */
import * as z from 'zod';
import { empty, items, mutation, query } from './procedures.ts';
import { instanceInfo, instanceRecord, userRecord } from './records.ts';

export const settingsRecord = z.object({
  keep_artifacts_local: z.boolean(),
  /** Bytes. */
  cache_limit: z.number(),
  /** Bytes a second; null is unlimited. */
  upload_bandwidth: z.number().nullable(),
  /** How many files are on their way at once. */
  uploads_at_once: z.number(),
  /** Uploads run only between these times of the day of this computer ("20:00", "06:00"); null: at any time. */
  upload_hours: z.object({ from: z.string(), to: z.string() }).nullable(),
  /** All content is read again and compared after so many days; 0: only when a person says so. */
  scrub_days: z.number(),
});
export type SettingsRecord = z.infer<typeof settingsRecord>;

export const initInput = z.object({
  /** Root of the default storage. */
  storage: z.string().min(1).max(4200),
  name: z.string().max(100).nullish(),
  /** Label of the host of a local storage, shown as its region. */
  host: z.string().max(200).nullish(),
  db: z.string().nullish(),
});
export type InitInput = z.infer<typeof initInput>;

export const instance = {
  /** Null while no instance is connected. Errors: why the connected one can't be opened. */
  current: query.input(empty).output(z.object({ instance: instanceInfo.nullable() })),
  init: mutation.input(initInput).output(items(instanceRecord)),
  /** By name, or by the root of its default storage: also of one that only its published registry is left of. */
  connect: mutation
    .input(
      z.object({
        instance: z.string().min(1).max(4200),
        /** Takes the published registry in the place of this computer's, which is kept as a backup. */
        published: z.boolean().default(false),
      }),
    )
    .output(items(instanceRecord)),
  disconnect: mutation.input(empty).output(empty),
  info: query.input(empty).output(instanceInfo),
  list: query.input(empty).output(items(instanceRecord)),
  delete: mutation
    .input(z.object({ name: z.string().min(1).max(200), force: z.boolean().default(false) }))
    .output(z.object({ /** Where content or folders remain, one path each. */ remains: z.array(z.string()) })),
  /** Puts the registry as it is now beside the content of the default storage, for other computers. */
  publish: mutation
    .input(
      z.object({
        /** Under a name of its own, where the copies went different ways. */ beside: z.boolean().default(false),
      }),
    )
    .output(
      z.object({
        kind: z.enum(['published', 'current', 'beside']),
        path: z.string(),
        last_change: z.number(),
        /** Bytes. */
        size: z.number(),
      }),
    ),
};

export const users = {
  current: query.input(empty).output(userRecord),
  set: mutation
    .input(z.object({ handle: z.string().min(1).max(100).nullish(), name: z.string().max(200).nullish() }))
    .output(items(userRecord)),
};

export const settings = {
  get: query.input(empty).output(settingsRecord),
  set: mutation.input(settingsRecord.partial()).output(settingsRecord),
};
