/** Procedures on the registry itself: its backups, and whether everything is in order. */
import { eventIterator } from '@orpc/contract';
import * as z from 'zod';
import { empty, items, job, jobProgress, mutation, query } from './procedures.ts';

export const backupRecord = z.object({
  id: z.string(),
  created_at: z.string(),
  /** Bytes. */
  size: z.number(),
  kind: z.enum(['daily', 'weekly', 'migration', 'manual', 'before restore']),
  /** Artifacts that are shown and newest. */
  n_artifacts: z.number(),
  /** Number of the last change that is in it. */
  last_change: z.number(),
  /** Opened and read to the end without a fault. */
  good: z.boolean(),
  /** Plain words: why it is not good, or what is special with it. */
  reason: z.string().nullable(),
});
export type BackupRecord = z.infer<typeof backupRecord>;

export const doctorInput = z.object({
  /** A folder whose file system is tried out; what is made there for it is removed again. */
  selftest: z.string().min(1).max(4200).nullish(),
  /** Repairs a damaged registry. */
  repair: z.boolean().default(false),
});
export type DoctorInput = z.infer<typeof doctorInput>;

export const doctorCheck = z.object({
  name: z.string(),
  ok: z.boolean(),
  message: z.string(),
  /** What to do; null where it is in order. */
  remedy: z.string().nullable(),
});
export type DoctorCheck = z.infer<typeof doctorCheck>;

export const doctorResult = z.object({ checks: z.array(doctorCheck) });
export type DoctorResult = z.infer<typeof doctorResult>;

export const registry = {
  /** Newest first. */
  backups: query.input(empty).output(items(backupRecord)),
  backup: mutation.input(empty).output(backupRecord),
  restore: mutation
    .input(z.object({ id: z.string().min(1).max(200) }))
    .output(z.object({ id: z.string(), /** Where the files lie that it took the place of. */ aside: z.string() })),
  doctor: job.input(doctorInput).output(eventIterator(jobProgress, doctorResult)),
};
