/**
 * The contract between every client (window, command line) and the engine: one value from which the router,
 * the window's client and the command line are derived. Errors cross it as `ErrorData` under the oRPC code
 * `BENCHKEEP`; see `engine/router`.
 */
import { artifacts } from './artifacts.ts';
import { host } from './host.ts';
import { instance, settings, users } from './instance.ts';
import { labels } from './labels.ts';
import { registry } from './registry.ts';
import { scrub } from './scrub.ts';
import { storages } from './storages.ts';
import { transfers } from './transfers.ts';
import { changes, watching } from './watching.ts';

export const contract = {
  instance,
  users,
  settings,
  storages,
  artifacts,
  labels,
  watching,
  scrub,
  transfers,
  changes,
  registry,
  host,
};
export type Contract = typeof contract;

export * from './records.ts';
export type * from './artifacts.ts';
export type * from './host.ts';
export type * from './instance.ts';
export type * from './procedures.ts';
export type * from './registry.ts';
export type * from './scrub.ts';
export type * from './storages.ts';
export type * from './transfers.ts';
export type * from './watching.ts';
