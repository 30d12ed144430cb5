/** What the main thread and the engine's thread say to each other beside clients' frames. */
import type { MessagePort } from 'node:worker_threads';
import type { ErrorData } from '../../shared/errors.ts';
import type { HostCapabilities } from '../../shared/contract/index.ts';
import type { EngineOptions } from './engine-handle.ts';
import type { Host } from './host.ts';

export type HostMethod = Exclude<keyof Host, 'capabilities'>;

export interface EngineThreadData extends EngineOptions {
  capabilities: HostCapabilities;
}

export type ToEngine =
  | { type: 'attach'; port: MessagePort }
  | { type: 'host'; id: number; value: unknown }
  | { type: 'host'; id: number; error: ErrorData }
  | { type: 'close' };

export type FromEngine =
  | { type: 'ready' }
  | { type: 'failed'; error: ErrorData }
  | { type: 'closed' }
  | { type: 'host'; id: number; method: HostMethod; argument: string };
