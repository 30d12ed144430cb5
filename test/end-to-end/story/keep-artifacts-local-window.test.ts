/**
 * The whole story of `lamindb-keep-artifacts-local.txt` by the window: a real engine, a real Chromium, a real store. Each
 * test goes on from the last. It begins with a folder, and the bucket becomes the default place; `first-bucket` begins in
 * one.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { startFaultProxy, type FaultProxy } from '../../stores/fault-proxy.ts';
import { startS3 } from '../../stores/start-s3.ts';
import type { Running } from '../../hosts/cli/command-line.ts';
import { chromiumPath, sayIfSkipped } from '../window/open-window.ts';
import { openLab, type Lab } from './open-lab.ts';
import { takePicture } from './take-pictures.ts';

sayIfSkipped();

/** As often as nothing gets through. */
const ALWAYS = 1_000_000;
const LARGE = 90_000_000;
const missing = inject('storesMissing').versitygw;

describe.runIf(chromiumPath !== undefined)('keep artifacts local, by the window', { timeout: 120_000 }, () => {
  let store: Awaited<ReturnType<typeof startS3>>;
  let proxy: FaultProxy;
  let lab: Lab;
  let page: Page;
  let complaints: string[];
  let engine: Running;
  let root: string;
  const content = { fcs: randomBytes(3_000_000), bam: randomBytes(2000), large: randomBytes(LARGE) };
  const at = (...parts: string[]): string => lab.cli.path(...parts);

  beforeAll(async () => {
    if (missing !== null) return;
    store = await startS3('versitygw');
    proxy = await startFaultProxy(store.endpoint);
    // Nobody is signed in on this computer: the window has to do it.
    const { AWS_EC2_METADATA_DISABLED, AWS_SHARED_CREDENTIALS_FILE, AWS_CONFIG_FILE } = store.env;
    lab = await openLab({ env: { AWS_EC2_METADATA_DISABLED, AWS_SHARED_CREDENTIALS_FILE, AWS_CONFIG_FILE } });
    root = `s3://${store.bucket}/keep-artifacts-local`;
    for (const folder of ['outside', 'our_local_storage', 'our_local_storage2']) mkdirSync(at(folder));
    writeFileSync(at('outside/file1.fcs'), content.fcs);
    writeFileSync(at('outside/mini.csv'), 'a,b\n1,2\n');
    writeFileSync(at('outside/file.fastq.gz'), randomBytes(1000));
    for (const [name, first] of [
      ['paused.bin', 1],
      ['cancelled.bin', 2],
      ['refused.bin', 3],
    ] as const)
      writeFileSync(at('outside', name), Buffer.concat([Buffer.from([first]), content.large.subarray(1)]));
    writeFileSync(at('our_local_storage/output.bam'), content.bam);
    const served = await lab.serve();
    engine = served.running;
    ({ page, complaints } = await lab.newWindow());
    await page.goto(served.address);
  }, 120_000);
  afterAll(async () => {
    if (missing !== null) return;
    await lab.close();
    await proxy.stop();
    await store.remove();
  });
  beforeEach((context) => context.skip(missing !== null, missing ?? ''));

  const row = (name: string): Locator => page.locator('.file-row').filter({ hasText: name });
  const transfer = (name: string): Locator =>
    page.getByRole('grid', { name: 'Transfers' }).getByRole('row').filter({ hasText: name }).first();
  const dialog = (name: string | RegExp): Locator => page.getByRole('dialog', { name });
  const card = (name: string | RegExp): Locator =>
    page.getByRole('article').filter({ has: page.getByRole('heading', { name }) });
  const go = async (screen: string): Promise<void> => {
    await page.getByRole('link', { name: new RegExp(`^${screen}`) }).click();
    await page.getByRole('heading', { level: 1, name: screen }).waitFor();
  };
  const add = async (path: string, before: () => Promise<unknown> = () => Promise.resolve()): Promise<void> => {
    await go('Files');
    await page.getByRole('button', { name: 'Add files…' }).click();
    await dialog('Add files').getByLabel('Path of each file').fill(path);
    await before();
    await dialog('Add files').getByRole('button', { name: 'Add file' }).click();
    const work = page.getByRole('region', { name: 'Work in progress' });
    await work.getByText('1 file added.').last().waitFor();
    await work.getByRole('button', { name: 'Dismiss' }).last().click();
  };
  const askToUpload = async (name: string): Promise<Locator> => {
    await go('Files');
    await row(name).getByRole('checkbox').check();
    await page.getByRole('toolbar').getByRole('button', { name: 'Upload to cloud' }).click();
    await dialog('Upload to cloud').getByRole('button', { name: 'Upload 1 item' }).waitFor();
    return dialog('Upload to cloud');
  };
  /** Goes on to the transfers; the selection is gone. */
  const upload = async (name: string): Promise<void> => {
    await (await askToUpload(name)).getByRole('button', { name: 'Upload 1 item' }).click();
    await dialog('Upload to cloud').waitFor({ state: 'hidden' });
    await page.getByRole('toolbar').getByRole('button', { name: 'Clear' }).click();
    await go('Transfers');
  };
  const where = async (name: string): Promise<Locator> => {
    await go('Files');
    await row(name).locator('.name').click();
    const details = page.getByRole('complementary', { name: 'Details' });
    await details.getByRole('tab', { name: 'Where it is' }).click();
    return details.getByRole('list', { name: 'Copies' });
  };
  const closeDetails = (): Promise<void> => page.getByRole('button', { name: 'Close details' }).click();
  const uidOf = async (name: string): Promise<string> => (await row(name).getAttribute('data-uid')) ?? '';
  const signIn = async (): Promise<void> => {
    const form = dialog('Sign in to the bucket');
    await form.getByLabel('Access key', { exact: true }).fill(store.env.AWS_ACCESS_KEY_ID);
    await form.getByLabel('Secret key', { exact: true }).fill(store.env.AWS_SECRET_ACCESS_KEY);
    await takePicture(page, '18-sign-in');
    await form.getByRole('button', { name: 'Sign in', exact: true }).click();
  };
  const own = (folder: string): string[] => readdirSync(at(folder, '.lamindb')).sort();
  const objects = async (): Promise<string[]> => {
    const { Contents: found = [] } = await store.admin.send(new ListObjectsV2Command({ Bucket: store.bucket }));
    return found.map(({ Key = '' }) => Key);
  };
  const keyOf = (uid: string, suffix: string): string => `keep-artifacts-local/.lamindb/${uid}${suffix}`;
  const inStore = async (Key: string): Promise<Uint8Array> => {
    const { Body } = await store.admin.send(new GetObjectCommand({ Bucket: store.bucket, Key }));
    return (await Body?.transformToByteArray()) ?? new Uint8Array();
  };
  const unfinished = async (): Promise<string[]> => {
    const { Uploads = [] } = await store.admin.send(new ListMultipartUploadsCommand({ Bucket: store.bucket }));
    return Uploads.map(({ Key = '' }) => Key);
  };

  it('first run, with one file and no cloud', async () => {
    await page.getByRole('heading', { name: 'Where does your instrument save its files?' }).waitFor();
    await takePicture(page, '01-first-run');
    await page.getByRole('button', { name: 'I just want to add one file' }).click();
    await page.getByLabel('Path of the file').fill(at('outside/mini.csv'));
    await page.getByRole('button', { name: 'Add this file' }).click();
    await row('mini.csv').getByText('On this computer').waitFor();
    await page.getByRole('button', { name: 'Dismiss' }).click();
  });

  it('a bucket: tried with a wrong key, with the right one, added and made the default', async () => {
    await go('Storage places');
    await page.getByRole('button', { name: 'Add a bucket…' }).click();
    const form = dialog('Add a bucket');
    await form.getByLabel('Another S3 store').check();
    await form.getByLabel('Bucket', { exact: true }).fill(store.bucket);
    await form.getByLabel('Folder in it').fill('keep-artifacts-local');
    await form.getByLabel('Address of the server').fill(proxy.endpoint);
    const test = form.getByRole('button', { name: 'Test connection' });
    const result = form.getByRole('status', { name: 'Result of the test' });
    // Nobody is signed in here: the step that fails says so.
    await test.click();
    await result.getByText('This bucket can’t be used like that yet.').waitFor();
    expect(await result.getByRole('listitem').last().textContent()).toMatch(/Signing in.*You are not signed in/s);

    await form.getByLabel('With an access key').check();
    expect(await test.isDisabled()).toBe(true);
    await form.getByLabel('Access key').last().fill(store.env.AWS_ACCESS_KEY_ID);
    await form.getByLabel('Secret key').fill('not the secret');
    await form.getByText('There is no keychain here that protects it').waitFor();
    await test.click();
    await result.getByText('This bucket can’t be used like that yet.').waitFor();
    await takePicture(page, '02-bucket-refused');
    await form.getByLabel('Secret key').fill(store.env.AWS_SECRET_ACCESS_KEY);
    await result.waitFor({ state: 'detached' });
    await test.click();
    await result.getByText('All is well: this bucket can be used.').waitFor();
    const steps = await result.getByRole('listitem').allTextContents();
    expect(steps.map((step) => step.split(':')[0]?.trim())).toEqual([
      'Name',
      'Server',
      'Clock',
      'Signing in',
      'Region',
      'Looking into it',
      'Writing a file',
      'Removing it again',
    ]);
    await takePicture(page, '03-bucket-tested');
    await form.getByLabel('Description').fill('Bucket of the lab');
    expect(await form.getByLabel('Make it the default place').isChecked()).toBe(true);
    expect(await form.getByLabel('Keep new files on this computer').isChecked()).toBe(true);
    await form.getByText('stay on this computer, until you upload them').waitFor();
    await form.getByRole('button', { name: 'Add bucket' }).click();
    await page.getByText('Bucket added: it is the default place now.').waitFor();

    const bucket = card('Bucket of the lab');
    for (const words of [
      'Default',
      root,
      `at ${proxy.endpoint}`,
      'in us-east-1',
      'Signed in with an access key that was given here, until Benchkeep ends.',
    ])
      await bucket.getByText(words, { exact: words === 'Default' }).waitFor();
    await takePicture(page, '04-storage-places');
    expect(complaints).toEqual([]);
  });

  it('S-19 the secret is in no address, no store of the browser and no file of Benchkeep', async () => {
    const secret = store.env.AWS_SECRET_ACCESS_KEY;
    const kept = await page.evaluate(() =>
      JSON.stringify([location.href, document.documentElement.outerHTML, { ...localStorage }, { ...sessionStorage }]),
    );
    expect(kept).not.toContain(secret);
    const files = readdirSync(lab.cli.home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(1);
    for (const file of files)
      expect(readFileSync(join(file.parentPath, file.name)).includes(secret), file.name).toBe(false);
  });

  it('the switch says what it does; a local storage with its host becomes the current one', async () => {
    await go('Settings');
    const keep = page.getByRole('switch', { name: 'Keep new files on this computer (upload only when I say so)' });
    await expect.poll(() => keep.getAttribute('aria-checked')).toBe('true');
    await page.getByText(`They go to ${root} when you choose Upload to cloud.`).waitFor();
    await takePicture(page, '05-settings');

    await go('Storage places');
    for (const folder of ['our_local_storage', 'our_local_storage2']) {
      await page.getByRole('button', { name: 'Add a storage place…' }).click();
      const form = dialog('Add a storage place');
      await form.getByLabel('Folder', { exact: true }).fill(at(folder));
      await form.getByLabel('Label for this computer').fill('abc-institute-drive1');
      await form.getByRole('button', { name: 'Add storage place' }).click();
      await form.waitFor({ state: 'hidden' });
      await card(at(folder)).getByText('on abc-institute-drive1').waitFor();
    }
    await page.getByRole('button', { name: `Make ${at('our_local_storage')} current on this computer` }).click();
    await card(new RegExp('our_local_storage$')).getByText('Current on this computer').waitFor();
  });

  it('what is added is kept here; what lies there already is registered where it is', async () => {
    await add(at('outside/file1.fcs'), async () => {
      await dialog('Add files').getByLabel('Name in the registry').fill('example_datasets/file1.fcs');
      await dialog('Add files').getByText(at('our_local_storage')).waitFor();
      await takePicture(page, '06-add-files');
    });
    await row('file1.fcs').getByText('On this computer').waitFor();
    expect(own('our_local_storage')).toEqual([`${await uidOf('file1.fcs')}.fcs`, 'storage_uid.txt'].sort());
    await add(at('our_local_storage/output.bam'));
    await row('output.bam').getByText('On this computer').waitFor();
    expect(own('our_local_storage')).toHaveLength(2);
    expect(readFileSync(at('our_local_storage/output.bam')).equals(content.bam)).toBe(true);
    const copies = await where('output.bam');
    await copies.getByText(at('our_local_storage/output.bam'), { exact: true }).waitFor();
    await copies.getByText('On abc-institute-drive1').waitFor();
    await closeDetails();
  });

  it('another local storage, and what is added from then on lies there', async () => {
    await go('Storage places');
    await page.getByRole('button', { name: `Make ${at('our_local_storage2')} current on this computer` }).click();
    await card(/our_local_storage2$/)
      .getByText('Current on this computer')
      .waitFor();
    await add(at('outside/file.fastq.gz'));
    await row('file.fastq.gz').waitFor();
    expect(own('our_local_storage2')).toContain(`${await uidOf('file.fastq.gz')}.fastq.gz`);
  });

  it('uploaded from the selection: Benchkeep’s own copy goes to the cache, the object appears', async () => {
    const uid = await uidOf('file1.fcs');
    const question = await askToUpload('file1.fcs');
    await question.getByText('The copy here moves to the cache.').waitFor();
    await question.getByText(root, { exact: true }).waitFor();
    await takePicture(page, '07-upload');
    await question.getByRole('button', { name: 'Upload 1 item' }).click();
    await page.getByRole('button', { name: 'Show transfers' }).click();
    await transfer('file1.fcs').getByText('In the cloud, verified').waitFor();
    await takePicture(page, '08-transfers');
    expect(Buffer.from(await inStore(keyOf(uid, '.fcs'))).equals(content.fcs)).toBe(true);
    await expect.poll(() => own('our_local_storage')).toEqual(['storage_uid.txt']);
    const copies = await where('file1.fcs');
    await copies.getByText('In the cloud: Bucket of the lab').waitFor();
    await copies.getByText('In the cache of this computer').waitFor();
    await takePicture(page, '09-where-it-is');
    await closeDetails();
    await row('file1.fcs').getByText('In the cloud, verified').waitFor();
  });

  it('a file in place stays where it is, as the dialog asks', async () => {
    const before = statSync(at('our_local_storage/output.bam'));
    const question = await askToUpload('output.bam');
    await question.getByText('After the cloud copy is verified, your file here is:').waitFor();
    expect(await question.getByLabel('kept').isChecked()).toBe(true);
    await takePicture(page, '10-upload-in-place');
    await page.keyboard.press('Escape');
    await page.getByRole('toolbar').getByRole('button', { name: 'Clear' }).click();
    await upload('output.bam');
    await transfer('output.bam').getByText('In the cloud, verified').waitFor();
    const after = statSync(at('our_local_storage/output.bam'));
    expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
  });

  it('space is freed and the file brought back, where it was', async () => {
    let copies = await where('output.bam');
    await page.getByRole('button', { name: 'Free up space here…' }).click();
    const question = dialog('Free up space here?');
    await question.getByText('1 item, 2 kB').waitFor();
    await takePicture(page, '11-free');
    await question.getByRole('button', { name: /^Free up/ }).click();
    await expect.poll(() => existsSync(at('our_local_storage/output.bam'))).toBe(false);
    await row('output.bam').getByText('Only in the cloud').waitFor();
    await takePicture(page, '12-only-in-the-cloud');
    await page.getByRole('button', { name: 'Bring back' }).click();
    await row('output.bam').getByText('In the cloud, verified').waitFor();
    expect(readFileSync(at('our_local_storage/output.bam')).equals(content.bam)).toBe(true);
    copies = await where('output.bam');
    await copies.getByText(at('our_local_storage/output.bam'), { exact: true }).waitFor();
    await closeDetails();
  });

  it('added directly into the cloud', async () => {
    await add(at('outside/paused.bin'), async () => {
      await dialog('Add files').getByLabel('Upload to the cloud at once').check();
      await dialog('Add files').getByText(root, { exact: true }).waitFor();
      await dialog('Add files').getByLabel('Upload to the cloud at once').uncheck();
    });
    writeFileSync(at('outside/direct.csv'), 'directly');
    await add(at('outside/direct.csv'), () => dialog('Add files').getByLabel('Upload to the cloud at once').check());
    await row('direct.csv').getByText(/cloud/).waitFor();
    expect(Buffer.from(await inStore(keyOf(await uidOf('direct.csv'), '.csv'))).toString()).toBe('directly');
  });

  it('a large upload is paused half way and goes on: only what was missing is sent', async () => {
    proxy.reset();
    // Some parts arrive, the others hang for as long as this test wants.
    for (const partNumber of [6, 7, 8, 9, 10, 11]) proxy.spoil({ kind: 'part', partNumber }, ALWAYS, 'stall');
    await upload('paused.bin');
    const line = transfer('paused.bin');
    await line.getByText('Uploading 46 %').waitFor();
    await takePicture(page, '13-uploading');
    await line.getByRole('button', { name: /^Pause/ }).click();
    await line.getByText('Paused at 46 %').waitFor();
    await takePicture(page, '14-paused');
    proxy.reset();
    await line.getByRole('button', { name: /^Go on/ }).click();
    await line.getByText('In the cloud, verified').waitFor();
    expect(proxy.seen({ kind: 'part' }).map(({ partNumber }) => partNumber)).toHaveLength(6);
    const sent = createHash('sha256').update(await inStore(keyOf(await uidAt('paused.bin'), '.bin')));
    expect(sent.digest('hex')).toBe(
      createHash('sha256')
        .update(readFileSync(at('outside/paused.bin')))
        .digest('hex'),
    );
  });

  const uidAt = async (name: string): Promise<string> => {
    await go('Files');
    return uidOf(name);
  };

  it('a large upload is cancelled: what was sent is taken away, the file stays', async () => {
    await add(at('outside/cancelled.bin'));
    const uid = await uidOf('cancelled.bin');
    proxy.reset();
    proxy.spoil({ kind: 'part', partNumber: 3 }, ALWAYS, 'stall');
    await upload('cancelled.bin');
    await transfer('cancelled.bin')
      .getByText(/Uploading [1-9]/)
      .waitFor();
    expect(await unfinished()).toEqual([keyOf(uid, '.bin')]);
    await transfer('cancelled.bin')
      .getByRole('button', { name: /^Cancel/ })
      .click();
    const question = dialog(/^Cancel the upload of “cancelled\.bin”/);
    await question.getByText('is taken away there').waitFor();
    await takePicture(page, '15-cancel');
    await question.getByRole('button', { name: 'Cancel upload' }).click();
    await transfer('cancelled.bin').getByText('Cancelled').waitFor();
    await expect.poll(unfinished).toEqual([]);
    expect(await objects()).not.toContain(keyOf(uid, '.bin'));
    expect(own('our_local_storage2')).toContain(`${uid}.bin`);
    proxy.reset();
  });

  it('an upload that is refused says why and goes on when it is tried again', async () => {
    await add(at('outside/refused.bin'));
    proxy.reset();
    // A store that is busy for a moment is no failure.
    proxy.spoil({ kind: 'part', partNumber: 1 }, 1, { status: 503, code: 'SlowDown' });
    proxy.spoil({ kind: 'part', partNumber: 2 }, ALWAYS, { status: 403, code: 'AccessDenied' });
    await upload('refused.bin');
    const line = transfer('refused.bin');
    await line.getByText(/^Problem: /).waitFor();
    await page.getByRole('link', { name: 'Transfers needs your attention' }).waitFor();
    await takePicture(page, '16-refused');
    proxy.reset();
    proxy.spoil({ kind: 'part' }, ALWAYS, { status: 400, code: 'ExpiredToken' });
    await line.getByRole('button', { name: /^Try again now/ }).click();
    await line.getByText(/^Problem: .*has expired/).waitFor();
    await takePicture(page, '17-expired');
    proxy.reset();
    await line.getByRole('button', { name: /^Sign in/ }).click();
    await signIn();
    await line.getByText('In the cloud, verified').waitFor();
  });

  it('what was typed in is gone with the program; signed out and in again on its card', async () => {
    await go('Storage places');
    await page.getByRole('button', { name: 'Sign out of Bucket of the lab' }).click();
    await dialog('Sign out of the bucket?').getByText('Nothing in the bucket or here is removed.').waitFor();
    await takePicture(page, '19-sign-out');
    await dialog('Sign out of the bucket?').getByRole('button', { name: 'Sign out' }).click();
    const bucket = card('Bucket of the lab');
    await bucket.getByText('This computer is not signed in to it.').waitFor();
    await takePicture(page, '20-signed-out');
    await bucket.getByRole('button', { name: 'Sign in to Bucket of the lab' }).click();
    await signIn();
    await bucket.getByText('Signed in with an access key that was given here, until Benchkeep ends.').waitFor();
  });

  it('the trees of the bucket and of a folder', async () => {
    await go('Storage places');
    await page.getByRole('button', { name: 'Show contents of Bucket of the lab' }).click();
    const tree = dialog('Contents');
    await tree.getByText(/^\d+ files in \d+ folders?, /).waitFor();
    await tree.getByText('.fcs').first().waitFor();
    await takePicture(page, '22-tree');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: `Show contents of ${at('our_local_storage')}`, exact: true }).click();
    await tree.getByText('output.bam').waitFor();
    await page.keyboard.press('Escape');
  });

  it('deleted with its content, and without', async () => {
    const fcs = keyOf(await uidAt('file1.fcs'), '.fcs');
    const bam = keyOf(await uidAt('output.bam'), '.bam');
    expect(await objects()).toEqual(expect.arrayContaining([fcs, bam]));
    for (const name of ['file1.fcs', 'output.bam']) await row(name).getByRole('checkbox').check();
    await page.getByRole('toolbar').getByRole('button', { name: 'Move to Trash' }).click();
    await row('file1.fcs').waitFor({ state: 'detached' });
    await go('Trash');
    await page.getByRole('button', { name: 'Empty Trash…' }).click();
    const question = dialog(/^Delete 2 items for good/);
    await question.getByRole('heading', { name: 'What goes' }).waitFor();
    await takePicture(page, '23-delete');
    await question.getByRole('button', { name: 'Delete for good' }).click();
    await page.getByText('Trash is empty').waitFor();
    await expect.poll(objects).not.toContain(fcs);
    // What lay there before Benchkeep stays.
    expect(readFileSync(at('our_local_storage/output.bam')).equals(content.bam)).toBe(true);
    expect(complaints).toEqual([]);
  });

  it('a reload finds everything; a new start says that somebody has to sign in', async () => {
    await page.reload();
    await go('Files');
    await row('direct.csv').waitFor();
    engine.child.kill('SIGTERM');
    await engine.ended;
    const next = await lab.serve();
    await page.goto(next.address);
    await go('Storage places');
    await card('Bucket of the lab').getByText('This computer is not signed in to it.').waitFor();
    await page.getByText('Sign in under Storage places.').waitFor();
    await takePicture(page, '24-new-start');
  });

  it('the registry is published beside the content, now', async () => {
    const bucket = card('Bucket of the lab');
    await bucket.getByRole('button', { name: 'Sign in to Bucket of the lab' }).click();
    await signIn();
    await bucket.getByText('Signed in with an access key that was given here, until Benchkeep ends.').waitFor();
    // A description, as the story has it: a change that is not published yet.
    await page.getByRole('button', { name: `Edit description of ${at('our_local_storage')}`, exact: true }).click();
    await dialog('Edit description').getByLabel('Description').fill('Our shared directory for project X');
    await dialog('Edit description').getByRole('button', { name: 'Save description' }).click();
    await card('Our shared directory for project X').waitFor();
    await go('Settings');
    const section = page.getByRole('region', { name: 'Published registry' });
    await section.getByText(root, { exact: true }).waitFor();
    await section.getByText('not in it yet').waitFor();
    await section.getByRole('button', { name: 'Publish now' }).click();
    await section.getByText('All changes are in it.').waitFor();
    await page.getByText('You are not signed in to').waitFor({ state: 'detached' });
    await takePicture(page, '21-published');
    await page.getByText(/^In it now: /).waitFor();
    const { ContentLength = 0 } = await store.admin.send(
      new HeadObjectCommand({ Bucket: store.bucket, Key: 'keep-artifacts-local/.lamindb/benchkeep.db' }),
    );
    expect(ContentLength).toBeGreaterThan(10_000);
  });
});
