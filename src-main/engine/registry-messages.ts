/** What the engine and the thread for whole registry files say to each other: one job a thread. */
import type { ErrorData } from '../../shared/errors.ts';
import type { RegistryWorkName } from '../instance/index.ts';

export interface RegistryThreadData {
  name: RegistryWorkName;
  request: unknown;
}

export type FromRegistryThread = { type: 'value'; value: unknown } | { type: 'error'; error: ErrorData };
