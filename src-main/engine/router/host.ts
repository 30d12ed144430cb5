import { VERSION } from '../../../shared/version.ts';
import { listFolders } from '../list-folders.ts';
import { os } from './base.ts';

export const host = os.host.router({
  capabilities: os.host.capabilities.handler(({ context }) => context.host.capabilities),
  pickFolder: os.host.pickFolder.handler(async ({ context }) => ({ path: await context.host.pickFolder() })),
  pickFiles: os.host.pickFiles.handler(async ({ context }) => ({ paths: await context.host.pickFiles() })),
  reveal: os.host.reveal.handler(async ({ input, context }) => {
    const { path } = await context.services().reads.artifactPath(input);
    await context.host.reveal(path);
    return {};
  }),
  listFolders: os.host.listFolders.handler(({ input, context }) => listFolders(context.workbench, input)),
  version: os.host.version.handler(() => ({ version: VERSION })),
});
