/** A window that begins in a bucket, and ends there: a real engine, a real Chromium, a real store. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { startS3 } from '../../stores/start-s3.ts';
import { chromiumPath, sayIfSkipped } from '../window/open-window.ts';
import { openLab, type Lab } from './open-lab.ts';
import { takePicture } from './take-pictures.ts';

sayIfSkipped();

const missing = inject('storesMissing').versitygw;

describe.runIf(chromiumPath !== undefined)('the first run in a bucket', { timeout: 120_000 }, () => {
  let store: Awaited<ReturnType<typeof startS3>>;
  let lab: Lab;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    if (missing !== null) return;
    store = await startS3('versitygw');
    // Nobody is signed in on this computer: the window has to do it.
    const { AWS_EC2_METADATA_DISABLED, AWS_SHARED_CREDENTIALS_FILE, AWS_CONFIG_FILE } = store.env;
    lab = await openLab({ env: { AWS_EC2_METADATA_DISABLED, AWS_SHARED_CREDENTIALS_FILE, AWS_CONFIG_FILE } });
    mkdirSync(lab.cli.path('outside'));
    writeFileSync(lab.cli.path('outside/mini.csv'), 'a,b\n1,2\n');
    ({ page, complaints } = await lab.newWindow());
    await page.goto((await lab.serve()).address);
  }, 120_000);
  afterAll(async () => {
    if (missing !== null) return;
    await lab.close();
    await store.remove();
  });
  beforeEach((context) => context.skip(missing !== null, missing ?? ''));

  async function keys(): Promise<string[]> {
    const { Contents: objects = [] } = await store.admin.send(
      new ListObjectsV2Command({ Bucket: store.bucket, Prefix: 'first-run/' }),
    );
    return objects.map(({ Key: key = '' }) => key.slice('first-run/.lamindb/'.length)).sort();
  }

  async function describeBucket() {
    await page.getByRole('button', { name: 'Begin in a bucket…' }).click();
    const form = page.getByRole('dialog', { name: 'Begin in a bucket' });
    await form.getByLabel('Another S3 store').check();
    await form.getByLabel('Bucket', { exact: true }).fill(`s3://${store.bucket}/first-run`);
    await form.getByLabel('Address of the server').fill(store.endpoint);
    await form.getByLabel('With an access key').check();
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = store.env;
    for (const [label, value] of [
      ['Access key', AWS_ACCESS_KEY_ID],
      ['Secret key', AWS_SECRET_ACCESS_KEY],
    ] as const)
      await form.locator('label', { hasText: label }).locator('input.input').fill(value);
    return form;
  }

  it('is tried before anything is made; then the registry is there, and what is added goes there', async () => {
    const form = await describeBucket();
    await form.getByRole('button', { name: 'Test connection' }).click();
    await form.getByText('All is well: this bucket can be used.').waitFor();
    expect(await keys()).toEqual([]);
    await takePicture(page, 'story-first-bucket');
    await form.getByRole('button', { name: 'Begin with this bucket' }).click();
    await page.getByRole('heading', { name: 'No files yet' }).waitFor();
    expect(await keys()).toContain('storage_uid.txt');
    await takePicture(page, 'story-first-bucket-begun');
    await page.getByRole('button', { name: 'Add files…' }).first().click();
    const adding = page.getByRole('dialog', { name: 'Add files' });
    await adding.getByLabel('Path of each file').fill(lab.cli.path('outside/mini.csv'));
    await adding.getByRole('button', { name: 'Add file' }).click();
    await page.getByText('1 file added.').waitFor();
    expect(await keys()).toContainEqual(expect.stringMatching(/^\w{20}\.csv$/));
    expect(complaints).toEqual([]);
  });

  it('is deleted in its settings, which leave the content where it is; and begun anew there', async () => {
    await page.getByRole('link', { name: /^Settings/ }).click();
    await page.getByRole('button', { name: 'Delete registry…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete this registry?' });
    const remains = `a file/folder remains here: s3://${store.bucket}/first-run`;
    await dialog.getByText(remains).waitFor();
    await dialog.getByRole('button', { name: 'Delete registry', exact: true }).click();
    await dialog.getByText('has 1 file in storages that it manages').waitFor();
    await takePicture(page, 'story-delete-refused');
    await dialog.getByRole('button', { name: 'Delete registry, leave the files' }).click();
    await page.getByRole('heading', { name: /^The registry .* is deleted$/ }).waitFor();
    await page.getByText(remains).waitFor();
    await takePicture(page, 'story-deleted');
    // No mark, no registry: the content alone.
    expect(await keys()).toEqual([expect.stringMatching(/^\w{20}\.csv$/)]);
    await page.getByRole('button', { name: 'Begin anew' }).click();
    const form = await describeBucket();
    await form.getByRole('button', { name: 'Begin with this bucket' }).click();
    await page.getByRole('heading', { name: 'No files yet' }).waitFor();
    expect(await keys()).toContain('storage_uid.txt');
    expect(complaints).toEqual([]);
  });
});
