/** S-10: what is written in a registry, or beside one, makes no server one that a person of this computer chose. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { connectInstance, findInstance, initInstance, type InstanceContext } from '../../src-main/instance/index.ts';
import { joinPublished } from '../../src-main/instance/publishing/join-published.ts';
import { readCard } from '../../src-main/instance/instance-card.ts';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { writeRegistry } from '../../src-main/registry/change-log.ts';
import { storeOf } from '../../src-main/storage/index.ts';
import { makeBench, openBenchWorkbench, type Bench } from '../instance/open-bench.ts';
import { startFaultProxy, type FaultProxy } from '../stores/fault-proxy.ts';
import { useS3 } from '../stores/use-s3.ts';
import { folderOf, visit } from './visit-instance.ts';

describe('S-10 an endpoint that only a registry names', { timeout: 60_000 }, () => {
  const server = useS3('versitygw');
  let other: FaultProxy;
  let bench: Bench;
  let n = 0;
  beforeEach(async () => {
    other = await startFaultProxy(server().endpoint, { secret: server().env.AWS_SECRET_ACCESS_KEY });
    bench = makeBench();
    n++;
    for (const [name, value] of Object.entries<string>({ ...server().env })) vi.stubEnv(name, value);
  });
  afterEach(async () => {
    await bench.remove();
    await other.stop();
  });
  const root = (endpoint = server().endpoint): string =>
    `s3://${server().bucket}/chosen-${String(n)}?endpoint_url=${endpoint}`;

  /** As a co-writer would: the default storage is reached through another server from now on. */
  async function change(context: InstanceContext): Promise<void> {
    const row = await context.registry.db.selectFrom('storage').select('id').executeTakeFirstOrThrow();
    await writeRegistry(context, await context.author(), 'storage edit', async (write) => {
      await write.update('storage', row.id, { options: JSON.stringify({ endpoint_url: other.endpoint }) });
    });
  }

  test('is not asked, neither for content nor for what is published, until a person gives it here', async () => {
    const there = await openBenchWorkbench(join(bench.base, 'home-2'));
    const here = await bench.workbench();
    await initInstance(here, { storage: root(), name: 'lab' });
    await visit(here, ({ published }) => published.publish({ beside: false }));
    await connectInstance(there, { instance: root() });
    await visit(there, async ({ context, published }) => {
      await change(context);
      await published.publish({ beside: false });
    });
    await visit(here, () => Promise.resolve());
    const asked = other.seen().length;
    await visit(here, async ({ context }) => {
      const row = await context.registry.db.selectFrom('storage').selectAll().executeTakeFirstOrThrow();
      expect(row.options).toContain(other.endpoint);
      await expect(storeOf(context, row).then((store) => store.stat('.lamindb/storage_uid.txt'))).rejects.toMatchObject(
        { code: 'not_allowed' },
      );
    });
    const joined = await joinPublished(here, 'lab', { takes: true });
    expect(joined.asked).toBe(false);
    joined.workbench.stores.close();
    expect(other.seen()).toHaveLength(asked);
    await connectInstance(here, { instance: root(other.endpoint) });
    const again = await joinPublished(here, 'lab', { takes: true });
    expect(again.asked).toBe(true);
    again.workbench.stores.close();
  });

  test('who connects by another name of the server goes on with it, and the registry keeps the first one', async () => {
    const there = await openBenchWorkbench(join(bench.base, 'home-2'));
    await initInstance(await bench.workbench(), { storage: root(), name: 'lab' });
    await visit(await bench.workbench(), ({ published }) => published.publish({ beside: false }));
    await connectInstance(there, { instance: root(other.endpoint) });
    for (let times = 0; times < 2; times++)
      await visit(there, ({ context, published }) => {
        expect(context.warnings).toEqual([]);
        expect(published.info(root())?.problem).toBe(null);
        return Promise.resolve();
      });
    const card = await readCard(there.fs, rawFromText(await folderOf(there)));
    expect(card).toMatchObject({
      storage: root().split('?')[0],
      storage_options: { endpoint_url: server().endpoint },
      published_options: { endpoint_url: other.endpoint },
    });
    expect((await findInstance(there, 'lab')).uid).toBe(card?.uid);
    expect(readFileSync(join(await folderOf(there), 'instance.json'), 'utf8')).not.toContain('undefined');
  });
});
