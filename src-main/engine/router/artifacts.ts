import {
  bringBack,
  cacheArtifact,
  deleteArtifacts,
  editArtifact,
  freeArtifacts,
  notePreviewed,
  planDeletion,
  planFree,
  readContext,
  replaceArtifact,
  restoreArtifacts,
  revertArtifact,
  saveArtifacts,
  trashArtifacts,
  uploadArtifacts,
  verify,
} from '../../artifacts/index.ts';
import { findMissing, locateArtifact, moveArtifact } from '../../watching/index.ts';
import { os } from './base.ts';

export const artifacts = os.artifacts.router({
  save: os.artifacts.save.handler(({ input, context, signal }) =>
    saveArtifacts(context.services().context, input, signal),
  ),
  upload: os.artifacts.upload.handler(({ input, context, signal }) =>
    uploadArtifacts(context.services().context, input, signal),
  ),
  cache: os.artifacts.cache.handler(({ input, context, signal }) =>
    cacheArtifact(context.services().context, input, signal),
  ),
  planFree: os.artifacts.planFree.handler(({ input, context }) => planFree(context.services().context, input)),
  free: os.artifacts.free.handler(({ input, context, signal }) =>
    freeArtifacts(context.services().context, input, signal),
  ),
  bringBack: os.artifacts.bringBack.handler(({ input, context, signal }) =>
    bringBack(context.services().context, input, signal),
  ),
  list: os.artifacts.list.handler(({ input, context }) => context.services().reads.listArtifacts(input)),
  describe: os.artifacts.describe.handler(({ input, context }) => context.services().reads.describeArtifact(input)),
  versions: os.artifacts.versions.handler(({ input, context }) => context.services().reads.listVersions(input)),
  path: os.artifacts.path.handler(({ input, context }) => context.services().reads.artifactPath(input)),
  preview: os.artifacts.preview.handler(({ input, context }) => notePreviewed(context.services(), input)),
  log: os.artifacts.log.handler(({ input, context }) => context.services().reads.artifactLog(input)),
  verify: os.artifacts.verify.handler(({ input, context, signal }) =>
    verify(context.services().context, input, signal),
  ),
  locate: os.artifacts.locate.handler(({ input, context }) => locateArtifact(context.services().context, input)),
  find: os.artifacts.find.handler(({ input, context }) => findMissing(context.services().context, input)),
  trash: os.artifacts.trash.handler(({ input, context }) => trashArtifacts(context.services().context, input)),
  restore: os.artifacts.restore.handler(({ input, context }) => restoreArtifacts(context.services().context, input)),
  revert: os.artifacts.revert.handler(({ input, context }) => revertArtifact(context.services().context, input)),
  replace: os.artifacts.replace.handler(({ input, context, signal }) =>
    replaceArtifact(context.services().context, input, signal),
  ),
  planDeletion: os.artifacts.planDeletion.handler(({ input, context }) =>
    planDeletion(readContext(context.services().context), input),
  ),
  delete: os.artifacts.delete.handler(({ input, context }) => deleteArtifacts(context.services().context, input)),
  facets: os.artifacts.facets.handler(({ context }) => context.services().reads.listFacets({})),
  edit: os.artifacts.edit.handler(async ({ input, context }) => {
    const { context: instance } = context.services();
    const { key, move, ...rest } = input;
    if (!move || typeof key !== 'string') return editArtifact(instance, input);
    await moveArtifact(instance, { artifact: input.artifact, key });
    return editArtifact(instance, rest);
  }),
});
