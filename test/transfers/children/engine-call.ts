/**
 * Does one thing that the command line has no words for, in the program as the command line runs it, which may be killed
 * in it. Arguments: what, and the key of the artifact. The data folder is that of the environment.
 */
import { appendFileSync } from 'node:fs';
import { createRouterClient } from '@orpc/server';
import { queuedUploads } from '../../../src-main/artifacts/index.ts';
import { openEngine } from '../../../src-main/engine/open-engine.ts';
import type { Host } from '../../../src-main/engine/host.ts';
import { noKeychain } from '../../../src-main/hosts/no-keychain.ts';
import { openInstance } from '../../../src-main/instance/index.ts';
import { keepAlive, systemClock } from '../../../src-main/ports/clock.ts';
import { sweepAbandonedSaves, sweepOrphanUploads } from '../../../src-main/transfers/index.ts';
import { noHasher, openBenchWorkbench } from '../../instance/open-bench.ts';
import { CANCELLING } from '../content-stories.ts';

const DAY = 24 * 3600 * 1000;
const [what = '', key = ''] = process.argv.slice(2);
const home = process.env['BENCHKEEP_HOME'] ?? '';

const host: Host = {
  capabilities: { kind: 'browser', folder_picker: false, reveal: false, dropped_paths: false, keychain: false },
  pickFolder: () => Promise.resolve(null),
  pickFiles: () => Promise.resolve([]),
  reveal: () => Promise.resolve(),
  ...noKeychain,
};

async function withEngine(work: (client: Awaited<ReturnType<typeof clientOf>>) => Promise<void>): Promise<void> {
  const engine = await openEngine({ home, instance: null, watch: false, listen: false, threads: false }, host);
  try {
    await work(clientOf(engine));
  } finally {
    await engine.close();
  }
}

function clientOf({ router, context }: Awaited<ReturnType<typeof openEngine>>) {
  return createRouterClient(router, { context });
}

async function ended(job: AsyncGenerator<unknown, unknown>): Promise<void> {
  for (let step = await job.next(); step.done !== true;) step = await job.next();
}

const uploadAndFree = (): Promise<void> =>
  withEngine(async (client) => {
    await ended(await client.artifacts.upload({ artifacts: [key], free_up: true }));
  });

/** An upload, which is cancelled as soon as it is worked on and something of it is on its way. */
const cancelRunning = (): Promise<void> =>
  withEngine(async (client) => {
    let isOver = false;
    const uploading = client.artifacts
      .upload({ artifacts: [key] })
      .then(ended)
      .catch((error: unknown) => {
        if ((error as { code?: string }).code !== 'cancelled') throw error;
      })
      .finally(() => {
        isOver = true;
      });
    const isSending = async (): Promise<boolean> =>
      (await client.transfers.list({})).items.some(({ state, busy }) => busy && state === 'sending');
    while (!isOver && !(await isSending())) await new Promise((resolve) => setImmediate(resolve));
    const trace = process.env['BK_FAILPOINT_TRACE'];
    if (trace !== undefined) appendFileSync(trace, `${CANCELLING}\n`);
    await client.transfers.cancel({ ids: null });
    await uploading;
  });

/** What an open program does in the background, after a week. */
async function sweep(): Promise<void> {
  const workbench = await openBenchWorkbench(home);
  const context = await openInstance(workbench, { name: 'lab', hasher: noHasher, upload: queuedUploads() });
  try {
    const later = { ...context, clock: { ...systemClock, now: () => systemClock.now() + 8 * DAY } };
    await sweepOrphanUploads(later);
    await sweepAbandonedSaves(later, new AbortController().signal);
  } finally {
    await context.close();
  }
}

const doings: Readonly<Record<string, () => Promise<void>>> = {
  'upload and free': uploadAndFree,
  'cancel while it runs': cancelRunning,
  sweep,
};
const release = keepAlive();
await doings[what]?.();
release();
