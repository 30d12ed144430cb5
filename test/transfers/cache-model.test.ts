/** Evicting, fetching, freeing, bringing back, uploading and restoring, in any order and several at once. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test, vi } from 'vitest';
import {
  bringBack,
  cacheArtifact,
  freeArtifacts,
  restoreArtifacts,
  trashArtifacts,
  uploadArtifacts,
} from '../../src-main/artifacts/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { evictCached, evictOverLimit } from '../../src-main/transfers/index.ts';
import { useOutside } from '../stores/use-outside.ts';
import { objectOf } from './kill-uploads.ts';
import { openCloudBench, randomBytes, run, sha256, type CloudBench } from './open-cloud-bench.ts';

const store = useOutside('s3');
const { signal } = new AbortController();
let bench: CloudBench | null = null;
afterAll(async () => {
  await bench?.close();
  vi.unstubAllEnvs();
});

type Context = CloudBench['context'];
const DOINGS: Record<string, (context: Context, uid: string, bench: CloudBench) => Promise<unknown>> = {
  evict: (context, uid) => evictCached(context, uid, signal),
  'evict over the limit': (context) => evictOverLimit(context, { signal }),
  fetch: (context, uid) => run(cacheArtifact(context, { artifact: uid })),
  free: (context, uid) => run(freeArtifacts(context, { artifacts: [uid] })),
  'free all': (context) => run(freeArtifacts(context, { artifacts: null })),
  'bring back': (context, uid) => run(bringBack(context, { artifacts: [uid] })),
  upload: (context, uid) => run(uploadArtifacts(context, { artifacts: [uid], free_up: false })),
  trash: (context, uid) => trashArtifacts(context, { artifacts: [uid] }),
  restore: (context, uid) => restoreArtifacts(context, { artifacts: [uid] }),
  look: (_context, _uid, { look }) => look(),
};

/** Files and stores answer in the order that the scheduler lets them. */
function scheduled(context: Context, s: fc.Scheduler): Context {
  const { fs, stores } = context;
  return {
    ...context,
    fs: {
      ...fs,
      look: s.scheduleFunction(fs.look),
      unlinkProven: s.scheduleFunction(fs.unlinkProven),
      moveProven: s.scheduleFunction(fs.moveProven),
    },
    stores: { ...stores, open: s.scheduleFunction(stores.open) },
  };
}

/** Places where the content really is, and what the registry says of them. */
async function copiesOf({ context, cacheOf, path }: CloudBench, uid: string, folder: string, digest: string) {
  const object = await objectOf(store(), folder, uid);
  const rows = await context.registry.db
    .selectFrom('copy')
    .innerJoin('storage', 'storage.id', 'copy.storage_id')
    .innerJoin('artifact', 'artifact.id', 'copy.artifact_id')
    .select(['storage.root', 'storage.type', 'copy.path'])
    .where('artifact.uid', '=', uid)
    .execute();
  const isRight = (file: string | null): boolean =>
    file !== null && existsSync(file) && sha256(readFileSync(file)) === digest;
  const named = rows.map(({ root, type, path: at }) =>
    type === 'local' ? isRight(join(root, at.toString('utf8'))) : object !== null && sha256(object) === digest,
  );
  const cached = cacheOf(uid);
  return {
    named,
    cached: cached === null ? null : isRight(cached),
    isOwnThere: existsSync(path('local', '.lamindb', `${uid}.fcs`)),
    isOwnNamed: rows.some(({ type }) => type === 'local'),
  };
}

test(
  'F-CA07 whatever is done at once, in whatever order: each place that the registry names has the content',
  { timeout: 300_000 },
  async () => {
    const folder = 'model';
    const cloud = await openCloudBench(store().root(folder), store().env);
    bench = cloud;
    const content = randomBytes(3000);
    const digest = sha256(content);
    const uid = await cloud.saveOutside('a.fcs', content, false);
    const doing = fc.constantFrom(...Object.keys(DOINGS));
    await fc.assert(
      fc.asyncProperty(fc.array(doing, { minLength: 2, maxLength: 5 }), fc.scheduler(), async (names, s) => {
        const context = scheduled(cloud.context, s);
        const one = async (name: string): Promise<void> => {
          try {
            await DOINGS[name]?.(context, uid, cloud);
          } catch (error) {
            // Somebody else was faster: that is said in words.
            if (!(error instanceof BenchkeepError) || error.code === 'internal') throw error;
          }
        };
        await s.waitFor(Promise.all(names.map(one)));
        const { named, cached, isOwnThere, isOwnNamed } = await copiesOf(cloud, uid, folder, digest);
        expect(named.length).toBeGreaterThan(0);
        expect(named).not.toContain(false);
        expect(cached).not.toBe(false);
        expect(isOwnThere).toBe(isOwnNamed);
        const state = await cloud.context.registry.db.selectFrom('artifact').select('state').execute();
        expect(state).toEqual([{ state: 'ok' }]);
      }),
      { numRuns: 40, endOnFailure: true },
    );
  },
);
