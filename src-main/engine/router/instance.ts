import {
  connectInstance,
  currentUser,
  deleteInstance,
  disconnectInstance,
  getSettings,
  initInstance,
  instanceInfo,
  listInstances,
  setSettings,
  setUser,
} from '../../instance/index.ts';
import { VERSION } from '../../../shared/version.ts';
import type { InstanceInfo } from '../../../shared/contract/index.ts';
import { os, type RouterContext } from './base.ts';

async function info(context: RouterContext): Promise<InstanceInfo> {
  const { context: open, published } = context.services();
  const told = await instanceInfo(open, context.workbench, VERSION);
  const where = published.info(told.storage);
  return where === null ? told : { ...told, published: where };
}

export const instance = os.instance.router({
  current: os.instance.current.handler(async ({ context }) => {
    const unopened = context.unopened();
    if (unopened !== null) throw unopened;
    return { instance: context.isOpen() ? await info(context) : null };
  }),
  init: os.instance.init.handler(async ({ input, context }) => {
    const result = await initInstance(context.workbench, input);
    await context.enter(null);
    return result;
  }),
  connect: os.instance.connect.handler(async ({ input, context }) => {
    // Another registry can take the place of one that is closed only.
    const leaves = input.published && context.isOpen();
    if (leaves) {
      context.services().published.leaveUnpublished();
      await context.leave();
    }
    const connected = await connectInstance(context.workbench, input).catch(async (error: unknown) => {
      // Nothing came of it: the one that was open is open again.
      if (leaves) await context.enter(null);
      throw error;
    });
    await context.enter(null);
    return connected;
  }),
  publish: os.instance.publish.handler(async ({ input, context }) => {
    const { kind, path, lastChange, size } = await context.services().published.publish(input);
    return { kind, path, last_change: lastChange, size };
  }),
  disconnect: os.instance.disconnect.handler(async ({ context }) => {
    await disconnectInstance(context.workbench);
    await context.leave();
    context.events.instanceChanged();
    return {};
  }),
  info: os.instance.info.handler(({ context }) => info(context)),
  list: os.instance.list.handler(({ context }) => listInstances(context.workbench)),
  delete: os.instance.delete.handler(async ({ input, context }) => {
    // The instance that is open here has to be let go first: its owner deletes it.
    const isOpenHere = context.isOpen() && context.services().context.instanceName === input.name;
    if (isOpenHere) await context.leave();
    try {
      return await deleteInstance(context.workbench, input);
    } finally {
      if (isOpenHere && context.workbench.settings().instance !== null) await context.enter(null);
      context.events.instanceChanged();
    }
  }),
});

export const users = os.users.router({
  current: os.users.current.handler(({ context }) => currentUser(context.services().context, context.workbench)),
  set: os.users.set.handler(({ input, context }) => setUser(context.services().context, context.workbench, input)),
});

export const settings = os.settings.router({
  get: os.settings.get.handler(({ context }) => getSettings(context.services().context)),
  set: os.settings.set.handler(({ input, context }) => setSettings(context.services().context, input)),
});
