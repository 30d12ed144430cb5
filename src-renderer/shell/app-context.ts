/** What every screen gets from the shell. */
import { createContext } from 'svelte';
import type { HostCapabilities } from '../../shared/contract/index.ts';
import type { Connection } from '../client/connection.svelte.ts';
import type { Live } from '../client/live.svelte.ts';
import type { Client } from '../client/open-link.ts';
import type { Jobs } from '../jobs/jobs.svelte.ts';
import type { Toasts } from '../ui/toasts.svelte.ts';

export interface AppContext {
  connection: Connection;
  /** Always of the newest connection. */
  readonly client: Client;
  live: Live;
  toasts: Toasts;
  jobs: Jobs;
  /** Read out to people who do not see the change. */
  announce(text: string): void;
  readonly capabilities: HostCapabilities;
}

export const [appContext, provideAppContext] = createContext<AppContext>();
