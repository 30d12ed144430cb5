/** The program as it runs behind a window, on a bucket: files that are kept on this computer, and a list of transfers. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRouterClient, type RouterClient } from '@orpc/server';
import { vi } from 'vitest';
import type { TransferRecord } from '../../shared/contract/index.ts';
import type { Host } from '../../src-main/engine/host.ts';
import { openEngine, type Engine } from '../../src-main/engine/open-engine.ts';
import type { EngineRouter } from '../../src-main/engine/router/index.ts';
import { noKeychain } from '../../src-main/hosts/no-keychain.ts';
import type { S3Environment } from '../stores/start-s3.ts';

export const MIB = 1024 ** 2;
/** A bound for what hangs. */
export const PATIENCE = { timeout: 60_000, interval: 20 };

const host: Host = {
  capabilities: { kind: 'browser', folder_picker: false, reveal: false, dropped_paths: false, keychain: false },
  pickFolder: () => Promise.resolve(null),
  pickFiles: () => Promise.resolve([]),
  reveal: () => Promise.resolve(),
  ...noKeychain,
};

export interface Lab {
  folder: string;
  client: RouterClient<EngineRouter>;
  engine: Engine;
  path(...parts: string[]): string;
  /** Saves random content under this key on this computer; its uid. */
  save(key: string, size: number): Promise<string>;
  /** Of the artifact with this uid. */
  transfer(uid: string): Promise<TransferRecord>;
  until(uid: string, wanted: (record: TransferRecord) => boolean): Promise<TransferRecord>;
  /** The program ends and starts anew. */
  restart(options?: { working?: boolean }): Promise<void>;
  close(): Promise<void>;
}

/** `root`: of the default storage, with its endpoint. `working` false: only what somebody waits for is uploaded. */
export async function openLab(
  root: string,
  env: S3Environment,
  { working = true }: { working?: boolean } = {},
): Promise<Lab> {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, String(value));
  const folder = mkdtempSync(join(tmpdir(), 'benchkeep-lab-'));
  mkdirSync(join(folder, 'outside'));
  const start = async (isWorking: boolean): Promise<Pick<Lab, 'engine' | 'client'>> => {
    const engine = await openEngine(
      { home: join(folder, 'home'), instance: null, watch: isWorking, listen: false, threads: false },
      host,
    );
    return { engine, client: createRouterClient(engine.router, { context: engine.context }) };
  };
  const lab: Lab = {
    folder,
    ...(await start(working)),
    path: (...parts) => join(folder, ...parts),
    async save(key, size) {
      const file = join(folder, 'outside', key);
      writeFileSync(file, randomBytes(size));
      const job = await lab.client.artifacts.save({ paths: [file], key });
      for (;;) {
        const step = await job.next();
        if (step.done === true) return step.value.items[0]?.uid ?? '';
      }
    },
    async transfer(uid) {
      const { items } = await lab.client.transfers.list({});
      const found = items.find((item) => item.uid === uid);
      if (found === undefined) throw new Error(`no transfer of ${uid}`);
      return found;
    },
    until: (uid, wanted) =>
      vi.waitFor(async () => {
        const record = await lab.transfer(uid);
        if (!wanted(record)) throw new Error(JSON.stringify(record));
        return record;
      }, PATIENCE),
    async restart({ working: isWorking = true } = {}) {
      await lab.engine.close();
      Object.assign(lab, await start(isWorking));
    },
    async close() {
      await lab.engine.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await lab.client.instance.init({ storage: root, name: 'lab' });
    await lab.client.settings.set({ keep_artifacts_local: true });
    mkdirSync(join(folder, 'local'));
    await lab.client.storages.add({ root: join(folder, 'local') });
  } catch (error) {
    await lab.close();
    throw error;
  }
  return lab;
}
