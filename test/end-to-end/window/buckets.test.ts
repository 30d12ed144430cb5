/** Buckets: the form that tests and says what is wrong, the default place, and the settings of uploads. */
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StaticFiles } from '../../../src-main/ports/fs/static-files.ts';
import { BUCKET, cloudWorld } from '../../renderer/fake-engine/transfers.ts';
import { failNext, labWorld } from '../../renderer/fake-engine/world.ts';
import { buildWindow, chromiumPath, launchChromium, openWindow, sayIfSkipped } from './open-window.ts';

sayIfSkipped();

async function go(page: Page, screen: string): Promise<void> {
  await page.getByRole('link', { name: new RegExp(`^${screen}`) }).click();
  await page.getByRole('heading', { level: 1, name: screen }).waitFor();
}

async function openForm(page: Page): Promise<Locator> {
  await go(page, 'Storage places');
  await page.getByRole('button', { name: 'Add a bucket…' }).click();
  return page.getByRole('dialog', { name: 'Add a bucket' });
}

describe.runIf(chromiumPath !== undefined)('buckets', () => {
  let browser: Browser;
  let files: StaticFiles;
  beforeAll(async () => {
    files = await buildWindow();
    browser = await launchChromium();
  }, 60_000);
  afterAll(() => browser.close());

  it('a bucket of another store: what is wrong is said at its field, the test names the step that failed and the remedy', async () => {
    const world = cloudWorld();
    const { page, complaints } = await openWindow({ browser, files }, world);
    const form = await openForm(page);
    const test = form.getByRole('button', { name: 'Test connection' });
    expect(await test.isDisabled()).toBe(true);
    await form.getByLabel('Another S3 store').check();
    await form.getByLabel('Bucket', { exact: true }).fill('Lab Data');
    await form.getByLabel('Address of the server').fill('store.example.org');
    await form.getByLabel('Region').focus();
    await form.getByText('Small letters, digits, dots and dashes').waitFor();
    await form.getByText('An address that begins with https:// or http://').waitFor();
    await form.getByLabel('Address of the server').fill('https://store.example.org/');
    await form.getByRole('textbox', { name: 'Profile' }).fill('lab');
    // A whole address goes into its parts.
    await form.getByLabel('Bucket', { exact: true }).fill('s3://archive/2026/flow?region=eu-north-1');
    expect(await form.getByLabel('Folder in it').inputValue()).toBe('2026/flow');
    expect(await form.getByLabel('Region').inputValue()).toBe('eu-north-1');
    const root = 's3://archive/2026/flow?endpoint_url=https%3A%2F%2Fstore.example.org&region=eu-north-1';
    world.tests.set(root, [
      { step: 'name', ok: true, message: 'The name is one of a bucket.', remedy: null },
      { step: 'clock', ok: false, message: 'The clock is 12 min behind.', remedy: 'Set the clock of this computer.' },
    ]);
    await test.click();
    const result = form.getByRole('status', { name: 'Result of the test' });
    await result.getByText('This bucket can’t be used like that yet.').waitFor();
    await result.getByText('Set the clock of this computer.').waitFor();
    await result.getByText('Looking into it').waitFor({ state: 'detached' });
    // What was tested is not what stands there any more.
    await form.getByLabel('Region').fill('');
    await result.waitFor({ state: 'detached' });
    await test.click();
    await result.getByText('All is well: this bucket can be used.').waitFor();
    await form.getByRole('button', { name: 'Add bucket' }).click();
    await page.getByText('Bucket added.').waitFor();
    const added = world.storages.at(-1);
    expect(added).toMatchObject({ root: 's3://archive/2026/flow', type: 's3', managed: true, default: false });
    // The profile is this computer's, and not of the bucket.
    expect(world.signIns.at(-1)).toEqual({ storage: added?.uid, credentials: { profile: 'lab' }, keep: 'keychain' });
    await page.getByRole('article').filter({ hasText: 'archive' }).getByText('Bucket (S3) in eu-central-1').waitFor();
    expect(complaints).toEqual([]);
  });

  it('S-10 on its card: a test, and a server in a private network is asked once somebody says that it is right', async () => {
    const world = cloudWorld();
    const [, , bucket] = world.storages;
    if (!bucket) expect.fail('There is no bucket');
    Object.assign(bucket, { endpoint: 'http://10.0.0.7:9000' });
    const refused = {
      ok: false,
      message: 'It is in a private network.',
      remedy: 'Say so.',
      confirm: 'endpoint',
    } as const;
    world.tests.set(bucket.uid, [{ step: 'endpoint', ...refused }]);
    const { page } = await openWindow({ browser, files }, world);
    await go(page, 'Storage places');
    await page.getByRole('button', { name: 'Test connection of Bucket of the lab' }).click();
    const dialog = page.getByRole('dialog', { name: 'Test connection' });
    await dialog.getByText('leads into a private network').waitFor();
    world.tests.delete(bucket.uid);
    await dialog.getByRole('button', { name: 'It is ours: ask this server' }).click();
    await dialog.getByText('All is well: this bucket can be used.').waitFor();
    expect(world.calls).toContain('storages.test');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
  });

  it('a public bucket, and one whose server has a certificate of the lab, are reached as that', async () => {
    const world = cloudWorld();
    const { page } = await openWindow({ browser, files }, world);
    const form = await openForm(page);
    await form.getByLabel('Bucket', { exact: true }).fill('archive');
    await form.getByRole('textbox', { name: 'Profile' }).fill('lab');
    await form.getByLabel('It is public').check();
    await form.getByLabel('Another S3 store').check();
    await form.getByLabel('Address of the server').fill('https://nas');
    await form.getByLabel('Certificate of the server').fill('/etc/lab.pem');
    const root = 's3://archive?endpoint_url=https%3A%2F%2Fnas&anonymous=true&ca=%2Fetc%2Flab.pem';
    world.tests.set(root, [{ step: 'name', ok: true, message: 'It is as it should be.', remedy: null }]);
    await form.getByRole('button', { name: 'Test connection' }).click();
    await form.getByText('It is as it should be.').waitFor();
    expect(world.signIns).toEqual([]);
    await form.getByLabel('Bucket', { exact: true }).fill('s3://archive?acl=public');
    await form.getByLabel('Folder in it').focus();
    await form.getByText('A bucket has no “acl”').waitFor();
    expect(await form.getByRole('button', { name: 'Test connection' }).isDisabled()).toBe(true);
  });

  it('where a server wants the name of the bucket is chosen in its form, and taken from an address', async () => {
    const world = cloudWorld();
    const { page, complaints } = await openWindow({ browser, files }, world);
    const form = await openForm(page);
    const style = form.getByLabel('Name of the bucket in the address');
    expect(await style.count()).toBe(0);
    await form.getByLabel('Another S3 store').check();
    await form.getByLabel('Bucket', { exact: true }).fill('archive');
    await form.getByLabel('Address of the server').fill('https://nas.lab.org');
    expect(await style.inputValue()).toBe('path');
    expect(await style.getByRole('option').allTextContents()).toEqual([
      'Behind the server’s: nas.lab.org/archive',
      'In front of the server’s: archive.nas.lab.org',
    ]);
    await style.selectOption('virtual');
    const said = 's3://archive?endpoint_url=https%3A%2F%2Fnas.lab.org&addressing_style=virtual';
    world.tests.set(said, [{ step: 'name', ok: true, message: 'It is as it should be.', remedy: null }]);
    await form.getByRole('button', { name: 'Test connection' }).click();
    await form.getByText('It is as it should be.').waitFor();
    await style.selectOption('path');
    world.tests.set('s3://archive?endpoint_url=https%3A%2F%2Fnas.lab.org', [
      { step: 'name', ok: true, message: 'It is as usual.', remedy: null },
    ]);
    await form.getByRole('button', { name: 'Test connection' }).click();
    await form.getByText('It is as usual.').waitFor();
    await form
      .getByLabel('Bucket', { exact: true })
      .fill('s3://archive?endpoint_url=https://nas&addressing_style=virtual');
    expect(await style.inputValue()).toBe('virtual');
    // Google has no such thing.
    await form.getByLabel('Google Cloud Storage').check();
    expect(await style.count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('S-18 keys that are typed in are tried for the session, kept once the bucket is added, and taken back if it is not', async () => {
    const world = cloudWorld();
    world.capabilities = { ...world.capabilities, keychain: true };
    const { page, complaints } = await openWindow({ browser, files }, world);
    const fill = async (): Promise<Locator> => {
      const form = await openForm(page);
      await form.getByLabel('Bucket', { exact: true }).fill('archive');
      await form.getByLabel('With an access key').check();
      const add = form.getByRole('button', { name: 'Add bucket' });
      expect(await add.isDisabled()).toBe(true);
      for (const [label, value] of [
        ['Access key', 'AKIAIOSFODNN7EXAMPLE'],
        ['Secret key', 'secret+canary'],
      ] as const) {
        const field = form.locator('label', { hasText: label }).locator('input.input');
        expect([await field.getAttribute('type'), await field.getAttribute('autocomplete')]).toEqual([
          'password',
          'off',
        ]);
        await field.fill(value);
      }
      await form.getByRole('button', { name: 'Test connection' }).click();
      await form.getByText('All is well').waitFor();
      return form;
    };
    const form = await fill();
    expect(world.signIns.map(({ storage, keep }) => [storage, keep])).toEqual([['s3://archive', 'session']]);
    await form.getByRole('button', { name: 'Cancel' }).click();
    await expect.poll(() => world.signIns).toEqual([]);

    await (await fill()).getByRole('button', { name: 'Add bucket' }).click();
    await page.getByText('Bucket added.').waitFor();
    const added = world.storages.at(-1);
    expect(world.signIns.at(-1)).toEqual({
      storage: added?.uid,
      credentials: { access_key_id: 'AKIAIOSFODNN7EXAMPLE', secret_access_key: 'secret+canary' },
      keep: 'keychain',
    });
    expect(await page.content()).not.toContain('secret+canary');
    // It is a storage place now.
    await page.getByRole('button', { name: 'Add a bucket…' }).click();
    await page.getByRole('dialog').getByLabel('Bucket', { exact: true }).fill('archive');
    await page.getByText('This bucket is one of your storage places already.').waitFor();
    expect(complaints).toEqual([]);
  });

  it('S-18 on its card: who is signed in, signing in by a profile or a key file, and signing out', async () => {
    const world = cloudWorld();
    const [, , bucket] = world.storages;
    if (!bucket) expect.fail('There is no bucket');
    Object.assign(bucket, {
      endpoint: 'https://store.example.org',
      sign_in: { by: 'nothing', name: null, kept: null },
      warning: 'This store replaces objects.',
    });
    const { page } = await openWindow({ browser, files }, world);
    await go(page, 'Storage places');
    const card = page.getByRole('article').filter({ hasText: 'Bucket of the lab' });
    for (const words of ['at https://store.example.org', 'is not signed in to it', 'This store replaces objects.'])
      await card.getByText(words).waitFor();
    expect(await card.getByRole('button', { name: 'Sign out' }).count()).toBe(0);
    await card.getByRole('button', { name: 'Sign in to Bucket of the lab' }).click();
    const form = page.getByRole('dialog', { name: 'Sign in to the bucket' });
    await form.getByText('There is no keychain here that protects it').waitFor();
    await form.getByLabel('A profile of this computer').check();
    await form.getByRole('textbox', { name: 'Profile' }).fill('lab');
    await form.getByRole('button', { name: 'Sign in', exact: true }).click();
    await card.getByText('Signed in with the profile “lab” of this computer, chosen for this bucket.').waitFor();
    expect(world.signIns.at(-1)).toMatchObject({ credentials: { profile: 'lab' }, keep: 'keychain' });
    await card.getByRole('button', { name: 'Sign out of Bucket of the lab' }).click();
    const question = page.getByRole('dialog', { name: 'Sign out of the bucket?' });
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Cancel');
    await question.getByRole('button', { name: 'Sign out' }).click();
    await card.getByText('is not signed in to it').waitFor();

    Object.assign(bucket, { type: 'gs', endpoint: null });
    await page.reload();
    await card.getByRole('button', { name: 'Sign in to Bucket of the lab' }).click();
    const file = form.getByLabel('Key file of a service account (JSON)');
    await file.fill('{ not whole');
    await form.getByText('This is not what is in such a file').waitFor();
    await form.locator('input[type=file]').setInputFiles({
      name: 'key.json',
      mimeType: 'application/json',
      buffer: Buffer.from('{\n  "type": "service_account",\n  "private_key": "a\\nb"\n}\n'),
    });
    await form.getByRole('button', { name: 'Sign in', exact: true }).click();
    await card.getByText('until Benchkeep ends').waitFor();
    const { credentials } = world.signIns.at(-1) ?? {};
    expect(JSON.parse(credentials && 'service_account' in credentials ? credentials.service_account : '')).toEqual({
      type: 'service_account',
      private_key: 'a\nb',
    });
  });

  it('a linked bucket of Google Cloud is never the default; a refusal leaves the form as it was', async () => {
    const world = labWorld(5);
    const { page } = await openWindow({ browser, files }, world);
    const form = await openForm(page);
    await form.getByLabel('Google Cloud Storage').check();
    expect(await form.getByLabel('Region').count()).toBe(0);
    await form.getByLabel('Bucket', { exact: true }).fill('lab-data');
    await form.getByText('Files that you add from elsewhere stay on this computer, until you upload them.').waitFor();
    await form.getByLabel('Linked: we read it and never change it').check();
    expect(await form.getByLabel('Make it the default place').count()).toBe(0);
    failNext(world, 'storages.add', 'not_signed_in', 'Nobody is signed in at Google', 'Run gcloud auth login.');
    await form.getByRole('button', { name: 'Add bucket' }).click();
    await form.getByText('Run gcloud auth login.').waitFor();
    await form.getByRole('button', { name: 'Add bucket' }).click();
    await page.getByText('Bucket added.').waitFor();
    expect(world.storages.at(-1)).toMatchObject({ root: 'gs://lab-data', type: 'gs', managed: false });
    expect(world.calls).not.toContain('storages.use');
  });

  it('another default place is explained before it is one, and nothing is changed by looking', async () => {
    const world = cloudWorld();
    const { page } = await openWindow({ browser, files }, world);
    await go(page, 'Storage places');
    await page.getByRole('button', { name: /^Make .*benchkeep the default$/ }).click();
    const dialog = page.getByRole('dialog', { name: 'Make this the default place?' });
    await dialog.getByText('Nothing can be uploaded while the default place is a folder.').waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    expect(world.calls).not.toContain('storages.use');
    await page.getByRole('button', { name: /^Make .*benchkeep the default$/ }).click();
    await dialog.getByRole('button', { name: 'Make it the default' }).click();
    await expect.poll(() => world.storages.find((storage) => storage.default)?.type).toBe('local');
    expect(world.calls).not.toContain('settings.set');
  });

  it('settings: the switch says what will happen here; hours, speed, how many at once and space are kept', async () => {
    const world = cloudWorld();
    const { page, complaints } = await openWindow({ browser, files }, world);
    await go(page, 'Settings');
    await page.getByText(`Files that you add from elsewhere are uploaded to ${BUCKET} at once.`).waitFor();
    await page.getByRole('switch').click();
    await page.getByText(`They go to ${BUCKET} when you choose Upload to cloud.`).waitFor();
    const section = page.getByRole('region', { name: 'Uploads and copies' });
    await section.getByLabel('Only between').check();
    await expect.poll(() => world.settings.upload_hours).toEqual({ from: '20:00', to: '06:00' });
    await section.getByLabel('Uploads begin at').fill('19:30');
    await expect.poll(() => world.settings.upload_hours?.from).toBe('19:30');
    await section.getByLabel('At any time').check();
    await expect.poll(() => world.settings.upload_hours).toBeNull();
    await section.getByLabel('Fastest upload').fill('fast');
    await section.getByText('A size, for example 10 MB; or nothing.').waitFor();
    expect(await section.getByRole('button', { name: 'Save speed' }).isDisabled()).toBe(true);
    await section.getByLabel('Fastest upload').fill('10 MB');
    await section.getByRole('button', { name: 'Save speed' }).click();
    await expect.poll(() => world.settings.upload_bandwidth).toBe(10_000_000);
    await section.getByLabel('Fastest upload').fill('');
    await page.keyboard.press('Enter');
    await expect.poll(() => world.settings.upload_bandwidth).toBeNull();
    await section.getByLabel('Files on their way at once').selectOption('8');
    await expect.poll(() => world.settings.uploads_at_once).toBe(8);
    await section.getByLabel('Space for copies on this computer').fill('120 GB');
    await section.getByRole('button', { name: 'Save limit' }).click();
    await expect.poll(() => world.settings.cache_limit).toBe(120_000_000_000);
    failNext(world, 'settings.set', 'invalid_argument', 'uploads_at_once can’t be 6', 'Give fewer.');
    await section.getByLabel('Files on their way at once').selectOption('6');
    await section.getByText('Give fewer.').waitFor();
    expect(complaints).toEqual([]);
  });

  it('a watched folder can upload what arrives', async () => {
    const world = cloudWorld();
    const { page } = await openWindow({ browser, files }, world);
    await go(page, 'Folders we watch');
    await page.getByRole('button', { name: 'What is kept of Instruments' }).click();
    const dialog = page.getByRole('dialog', { name: 'What is kept of Instruments' });
    await dialog.getByText(`What is new here is uploaded to ${BUCKET} by itself.`).waitFor();
    await dialog.getByLabel('Upload what arrives').check();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await expect.poll(() => world.rules.get('stor00000002')?.upload).toBe(true);
  });

  it('contents that nobody waits for any more are not listed to their end', async () => {
    const world = cloudWorld();
    world.delays.set('list of storages.tree', new Promise(() => undefined));
    const { page, complaints } = await openWindow({ browser, files }, world);
    await go(page, 'Storage places');
    await page
      .getByRole('button', { name: /^Show contents of / })
      .first()
      .click();
    await page.getByRole('dialog', { name: 'Contents' }).getByText('Reading the folder…').waitFor();
    await expect.poll(() => world.calls).toContain('storages.tree');
    expect(world.calls).not.toContain('storages.tree was left');
    await page.keyboard.press('Escape');
    await expect.poll(() => world.calls).toContain('storages.tree was left');
    expect(complaints).toEqual([]);
  });
});
