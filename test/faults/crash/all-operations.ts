/** Everything that is killed, made to fail, and tried again. */
import { follow, read, scan, undo } from './move-operations.ts';
import { REGISTERING, type Operation } from './operations.ts';

export const OPERATIONS: readonly Operation[] = [...REGISTERING, follow, scan, undo, read];
