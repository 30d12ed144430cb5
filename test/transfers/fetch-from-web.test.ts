/** Files of web servers, fetched: also of those that know no ranges. */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cacheArtifact } from '../../src-main/artifacts/index.ts';
import { keptSignIns, openStores } from '../../src-main/storage/index.ts';
import { ended, openArtifacts, type TestArtifacts } from '../artifacts/open-artifacts.ts';
import { authority, file, startWeb, type Answer, type WebServer } from '../stores/start-web.ts';

const MIB = 1024 ** 2;
let web: WebServer;
let lab: TestArtifacts;
beforeEach(async () => {
  web = await startWeb();
  lab = await openArtifacts();
  const stores = openStores({ web: { ca: authority() } });
  lab.context.stores = stores.ofInstance(keptSignIns(lab.context.workstation));
});
afterEach(async () => {
  lab.context.stores.close();
  await lab.close();
  await web.stop();
});

const cache = async (artifact: string): Promise<Buffer> =>
  readFileSync((await ended(cacheArtifact(lab.context, { artifact, to: null }))).path);

/** Counts the bytes that it gives. */
function counted(answer: Answer): { answer: Answer; bytes: () => number } {
  let bytes = 0;
  return {
    answer(request, response) {
      const end = response.end.bind(response);
      response.end = ((chunk?: Buffer) => {
        bytes += chunk?.length ?? 0;
        return chunk === undefined ? end() : end(chunk);
      }) as typeof response.end;
      answer(request, response);
    },
    bytes: () => bytes,
  };
}

for (const [kind, etag] of [
  ['an ETag', '"v1"'],
  ['an ETag that promises little', 'W/"v1"'],
  ['no ETag', null],
] as const)
  test(`without ranges and with ${kind} all comes in one go`, { timeout: 60_000 }, async () => {
    const content = randomBytes(40 * MIB + 5);
    const { answer, bytes } = counted(file(() => content, etag, { ranges: false }));
    web.answers.set('/large.bin', answer);
    const { uid } = await lab.saveOne(`${web.origin}/large.bin`);
    expect((await cache(uid)).equals(content)).toBe(true);
    // What the first range shows is broken off; all of it is given once more.
    expect(bytes()).toBeLessThanOrEqual(2 * content.length);
    expect(web.seen.filter(({ method }) => method === 'GET').length).toBeLessThanOrEqual(2);
    expect(await lab.row(uid)).toMatchObject({
      sha256: createHash('sha256').update(content).digest('hex'),
      state: 'ok',
    });
  });

test('with ranges they come side by side', { timeout: 60_000 }, async () => {
  const content = randomBytes(40 * MIB);
  web.answers.set(
    '/large.bin',
    file(() => content, '"v1"'),
  );
  const { uid } = await lab.saveOne(`${web.origin}/large.bin`);
  expect((await cache(uid)).equals(content)).toBe(true);
  expect(web.seen.filter(({ method }) => method === 'GET')).toHaveLength(5);
});

test('what was replaced there is said to be, before a byte of it comes', async () => {
  web.answers.set(
    '/a.csv',
    file(() => Buffer.from('first'), '"v1"'),
  );
  const { uid } = await lab.saveOne(`${web.origin}/a.csv`);
  web.answers.set(
    '/a.csv',
    file(() => Buffer.from('other'), '"v2"'),
  );
  web.seen.length = 0;
  await expect(cache(uid)).rejects.toMatchObject({
    code: 'wrong_content',
    remedy: expect.stringContaining('benchkeep save') as string,
  });
  expect(web.seen.filter(({ method }) => method === 'GET')).toEqual([]);
});
