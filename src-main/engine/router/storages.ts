import {
  addStorage,
  editStorage,
  removeStorage,
  setLocalStorage,
  signInStorage,
  signOutStorage,
  storagesOfComputer,
  storageTree,
  testStorage,
  useStorage,
  type SignInContext,
  type TestStorageContext,
} from '../../storage/index.ts';
import { os, type RouterContext } from './base.ts';

/** Before the first instance is made, too. */
function signInContext({ workbench, isOpen, services }: RouterContext): SignInContext {
  return { stores: workbench.stores, open: isOpen() ? services().context : null };
}

function testContext(context: RouterContext): TestStorageContext {
  const { fs, clock, random } = context.workbench;
  return { ...signInContext(context), fs, clock, random };
}

export const storages = os.storages.router({
  list: os.storages.list.handler(({ context }) => storagesOfComputer(context.services().context)),
  add: os.storages.add.handler(({ input, context }) => addStorage(context.services().context, input)),
  use: os.storages.use.handler(({ input, context }) => useStorage(context.services().context, input)),
  local: os.storages.local.handler(({ input, context }) => setLocalStorage(context.services().context, input)),
  edit: os.storages.edit.handler(({ input, context }) => editStorage(context.services().context, input)),
  remove: os.storages.remove.handler(({ input, context }) => removeStorage(context.services().context, input)),
  test: os.storages.test.handler(({ input, context }) => testStorage(testContext(context), input)),
  signIn: os.storages.signIn.handler(({ input, context }) => signInStorage(signInContext(context), input)),
  signOut: os.storages.signOut.handler(({ input, context }) => signOutStorage(signInContext(context), input)),
  tree: os.storages.tree.handler(({ input, context, signal }) =>
    storageTree(context.services().context, input, signal),
  ),
});
