/** What the workstation of an instance keeps of how its storages are reached. */
import type { Workstation } from '../workstation/open-workstation.ts';
import { findCredential, isChosenEndpoint } from '../workstation/credential-rows.ts';
import type { StoreOptions } from './objects/store-options.ts';
import type { KeptSignIns } from './stores.ts';

/** `own`: options of the instance's own storage, which whoever made it here, or connected to it, gave. */
export function keptSignIns(workstation: Pick<Workstation, 'db'>, own: StoreOptions | null): KeptSignIns {
  return {
    find: (place) => findCredential(workstation.db, place),
    isChosen: async (endpoint) =>
      [own?.endpoint_url, own?.api_endpoint].includes(endpoint) || (await isChosenEndpoint(workstation, endpoint)),
  };
}
