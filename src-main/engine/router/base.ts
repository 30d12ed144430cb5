/** What every procedure is given. */
import { implement } from '@orpc/server';
import { contract } from '../../../shared/contract/index.ts';
import type { BenchkeepError } from '../../../shared/errors.ts';
import type { Workbench } from '../../instance/index.ts';
import type { EventHub } from '../events.ts';
import type { Host } from '../host.ts';
import type { Services } from '../open-services.ts';
import type { Scanner } from '../../watching/index.ts';
import type { Fs } from '../../ports/fs/fs.ts';

export interface SurveyContext {
  fs: Fs;
  scanner: Scanner;
}

export interface RouterContext {
  workbench: Workbench;
  host: Host;
  events: EventHub;
  /** The open instance; throws `no_instance`. */
  services: () => Services;
  isOpen: () => boolean;
  /** Why the instance that was asked for could not be opened; null where it is, or none was. */
  unopened: () => BenchkeepError | null;
  /** Name of the instance that was asked for, or else the connected one. */
  asked: () => string | null;
  /** For counting a folder before any instance is there. */
  surveying: () => SurveyContext;
  /** Opens the named or the connected instance in place of the one that is open. */
  enter: (name: string | null) => Promise<void>;
  /** Opens it unless one is open. */
  ensureOpen: (name: string) => Promise<void>;
  /** Closes the open instance. */
  leave: () => Promise<void>;
  /** Closes the open instance for the work, and opens this one afterwards; nobody opens one meanwhile. */
  whileClosed: <T>(name: string, work: () => Promise<T>) => Promise<T>;
}

export const os = implement(contract).$context<RouterContext>();
