/** A data folder as one computer has it, in this process: opened, published and left as a command does it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventHub } from '../../src-main/engine/events.ts';
import { openServices, type Services } from '../../src-main/engine/open-services.ts';
import { findInstance, instanceFolder, recordWatch, type Workbench } from '../../src-main/instance/index.ts';
import type { PublishedMemory } from '../../src-main/instance/publishing/published-memory.ts';
import { rawToDisplay } from '../../src-main/ports/fs/raw-path.ts';

export async function visit<T>(workbench: Workbench, work: (services: Services) => Promise<T>): Promise<T> {
  const services = await openServices({
    workbench,
    name: 'lab',
    events: eventHub(workbench.clock),
    watch: false,
    transfers: false,
    listen: false,
    threads: false,
    attach: () => undefined,
    onTurn: () => undefined,
    records: recordWatch(workbench.clock),
  });
  try {
    return await work(services);
  } finally {
    await services.close();
  }
}

export async function folderOf(workbench: Workbench): Promise<string> {
  return rawToDisplay(instanceFolder(workbench.home, (await findInstance(workbench, 'lab')).uid));
}

export async function memoryOf(workbench: Workbench): Promise<PublishedMemory> {
  return JSON.parse(readFileSync(join(await folderOf(workbench), 'published.json'), 'utf8')) as PublishedMemory;
}

export async function remember(workbench: Workbench, patch: Partial<PublishedMemory>): Promise<void> {
  const memory = { ...(await memoryOf(workbench)), ...patch };
  writeFileSync(join(await folderOf(workbench), 'published.json'), JSON.stringify(memory));
}
