import { backUpNow, examine, registryBackups, restoreRegistry } from '../tend-registry.ts';
import { os } from './base.ts';

export const registry = os.registry.router({
  backups: os.registry.backups.handler(({ context }) => registryBackups(context)),
  backup: os.registry.backup.handler(({ context }) => backUpNow(context)),
  restore: os.registry.restore.handler(({ input, context }) => restoreRegistry(context, input)),
  doctor: os.registry.doctor.handler(({ input, context, signal }) => examine(context, input, signal)),
});
