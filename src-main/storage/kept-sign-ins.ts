/** What the workstation of an instance keeps of how its storages are reached. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import { openWorkstation, type Workstation } from '../workstation/open-workstation.ts';
import { findCredential, isChosenEndpoint, rememberEndpoint } from '../workstation/credential-rows.ts';
import type { KeptSignIns } from './stores.ts';

/** An endpoint is chosen where a person gave it here; what a registry says of its storages is what co-writers wrote (S-10). */
export function keptSignIns(workstation: Workstation): KeptSignIns {
  return {
    find: (place) => findCredential(workstation.db, place),
    isChosen: (endpoint) => isChosenEndpoint(workstation, endpoint),
    choose: (endpoint) => rememberEndpoint(workstation, endpoint),
  };
}

/** The same before the instance is open. Its database is looked into for each question; one that can't be read has none. */
export function keptSignInsIn(path: RawPath): KeptSignIns {
  async function asking<T>(none: T, ask: (kept: KeptSignIns) => Promise<T>): Promise<T> {
    let workstation: Workstation;
    try {
      workstation = await openWorkstation(path, { readonly: true, beside: true });
    } catch (error) {
      // Whoever opens the instance next is told why.
      if (error instanceof BenchkeepError) return none;
      throw error;
    }
    try {
      return await ask(keptSignIns(workstation));
    } finally {
      await workstation.db.destroy();
    }
  }
  return {
    find: (place) => asking(null, (kept) => kept.find(place)),
    isChosen: (endpoint) => asking(false, (kept) => kept.isChosen(endpoint)),
    // Nothing is written before the instance is open.
    choose: () => Promise.resolve(false),
  };
}
