/** The engine as a host sees it. */
import type { MessagePort } from 'node:worker_threads';
import type { ErrorData } from '../../shared/errors.ts';

export interface EngineOptions {
  /** The app's data folder (`BENCHKEEP_HOME` or the platform's place for it). */
  home: string;
  /** Name of the instance to open; null opens the connected one, or none. */
  instance: string | null;
}

export interface EngineHandle {
  /**
   * Hands over one client. Frames of oRPC (`string | Uint8Array`, as a WebSocket carries them) go both ways over
   * the port unchanged; closing the port ends the client's streams and jobs.
   */
  attach(port: MessagePort): void;
  /** Settles once, when the engine has stopped; `error` says why if nobody asked it to. */
  readonly stopped: Promise<{ error: ErrorData | null }>;
  /** Pauses work, closes the databases; done within 5 seconds. Can be called again. */
  close(): Promise<void>;
}
