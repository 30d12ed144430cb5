/** Everything that is killed, made to fail, and tried again. */
import { edit, move, purge, replace } from './content-operations.ts';
import { remove, trash } from './life-operations.ts';
import { follow, read, scan, undo } from './move-operations.ts';
import { REGISTERING, type Operation } from './operations.ts';
import { backup, migrate, restore, scrub } from './registry-operations.ts';

export const OPERATIONS: readonly Operation[] = [
  ...REGISTERING,
  follow,
  scan,
  undo,
  read,
  trash,
  remove,
  replace,
  move,
  purge,
  edit,
  scrub,
  backup,
  restore,
  migrate,
];
