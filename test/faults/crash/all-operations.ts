/** Everything that is killed, made to fail, and tried again. */
import { remove, trash } from './life-operations.ts';
import { follow, read, scan, undo } from './move-operations.ts';
import { REGISTERING, type Operation } from './operations.ts';

export const OPERATIONS: readonly Operation[] = [...REGISTERING, follow, scan, undo, read, trash, remove];
