/** The one router: every procedure of the contract, each a thin line to one operation. */
import { artifacts } from './artifacts.ts';
import { os } from './base.ts';
import { host } from './host.ts';
import { instance, settings, users } from './instance.ts';
import { labels } from './labels.ts';
import { registry } from './registry.ts';
import { scrub } from './scrub.ts';
import { storages } from './storages.ts';
import { transfers } from './transfers.ts';
import { changes, watching } from './watching.ts';

export type { RouterContext } from './base.ts';

export const engineRouter = () =>
  os.router({
    instance,
    users,
    settings,
    storages,
    artifacts,
    labels,
    watching,
    transfers,
    scrub,
    changes,
    registry,
    host,
  });

export type EngineRouter = ReturnType<typeof engineRouter>;
