/** Before the first test: what the tests of stores need is built, once for all of them. */
import type { TestProject } from 'vitest/node';
import { installServer, SERVERS, type ServerName } from './install-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** By server: why its tests are skipped; null where it is there. */
    storesMissing: Record<ServerName, string | null>;
  }
}

export default async function setup(project: TestProject): Promise<void> {
  const missing = {} as Record<ServerName, string | null>;
  // One after the other: each build takes all processors.
  for (const name of Object.keys(SERVERS) as ServerName[]) missing[name] = await installServer(name);
  for (const [name, why] of Object.entries(missing)) if (why !== null) console.info(`skipped: ${why} (${name})`);
  project.provide('storesMissing', missing);
}
