/** Every migration in order; `user_version` of a registry is the number of those it has seen. */
import type { Kysely } from 'kysely';
import * as core from './0001-core.ts';
import * as finding from './0002-finding.ts';
import * as cloud from './0004-cloud.ts';
import * as notes from './0003-notes.ts';

export interface Migration {
  name: string;
  up(db: Kysely<unknown>): Promise<void>;
}

export const registryMigrations: readonly Migration[] = [
  { name: '0001-core', up: core.up },
  { name: '0002-finding', up: finding.up },
  { name: '0003-notes', up: notes.up },
  { name: '0004-cloud', up: cloud.up },
];
