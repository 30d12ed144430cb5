import {
  addStorage,
  editStorage,
  listStorages,
  removeStorage,
  setLocalStorage,
  storageTree,
  useStorage,
} from '../../storage/index.ts';
import { readContext } from '../../artifacts/index.ts';
import { os } from './base.ts';

export const storages = os.storages.router({
  list: os.storages.list.handler(({ context }) => listStorages(readContext(context.services().context))),
  add: os.storages.add.handler(({ input, context }) => addStorage(context.services().context, input)),
  use: os.storages.use.handler(({ input, context }) => useStorage(context.services().context, input)),
  local: os.storages.local.handler(({ input, context }) => setLocalStorage(context.services().context, input)),
  edit: os.storages.edit.handler(({ input, context }) => editStorage(context.services().context, input)),
  remove: os.storages.remove.handler(({ input, context }) => removeStorage(context.services().context, input)),
  tree: os.storages.tree.handler(({ input, context }) => storageTree(context.services().context, input)),
});
