/** What the window asks of its host: each has an in-window way where the host cannot. */
import * as z from 'zod';
import { empty, mutation, query } from './procedures.ts';

export const hostCapabilities = z.object({
  kind: z.enum(['electron', 'browser', 'cli']),
  folder_picker: z.boolean(),
  reveal: z.boolean(),
  dropped_paths: z.boolean(),
  /** Secrets can be kept for good. */
  keychain: z.boolean(),
});
export type HostCapabilities = z.infer<typeof hostCapabilities>;

export const folderListing = z.object({
  path: z.string(),
  parent: z.string().nullable(),
  folders: z.array(z.object({ name: z.string(), path: z.string() })),
  n_files: z.number(),
  /** Places to start from: home, drives, mounted volumes. */
  places: z.array(z.object({ name: z.string(), path: z.string() })),
});
export type FolderListing = z.infer<typeof folderListing>;

export const host = {
  capabilities: query.input(empty).output(hostCapabilities),
  /** Null if the person closed the dialog. */
  pickFolder: mutation.input(empty).output(z.object({ path: z.string().nullable() })),
  pickFiles: mutation.input(empty).output(z.object({ paths: z.array(z.string()) })),
  /** Shows the artifact's content in the system's file manager. */
  reveal: mutation.input(z.object({ artifact: z.string() })).output(empty),
  /** For the in-window folder picker; null starts at home. */
  listFolders: query.input(z.object({ path: z.string().max(4200).nullish() })).output(folderListing),
  version: query.input(empty).output(z.object({ version: z.string() })),
};
