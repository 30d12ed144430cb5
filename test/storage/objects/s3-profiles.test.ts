/** Whose credentials are used, and where they are sent: what a person's AWS configuration says, and never another part of it. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ObjectStore } from '../../../src-main/storage/objects/object-store.ts';
import { planS3Way, type S3Access } from '../../../src-main/storage/objects/s3-client.ts';
import { openS3Store } from '../../../src-main/storage/objects/s3-store.ts';
import { parseCloudRoot, type CloudRoot } from '../../../src-main/storage/objects/store-options.ts';
import { Secret } from '../../../shared/secret.ts';
import { useS3 } from '../../stores/use-s3.ts';

let folder: string;
const opened: ObjectStore[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'benchkeep-profiles-'));
  for (const name of Object.keys(process.env).filter((key) => key.startsWith('AWS_'))) vi.stubEnv(name, undefined);
  vi.stubEnv('HOME', folder);
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'));
});
afterEach(() => {
  for (const store of opened.splice(0)) store.close();
  rmSync(folder, { recursive: true, force: true });
});

function files(config: string, credentials = ''): void {
  writeFileSync(join(folder, 'config'), config);
  writeFileSync(join(folder, 'credentials'), credentials);
}

function rootAt(text: string): CloudRoot {
  const root = parseCloudRoot(text);
  if (root === null) throw new Error(`${text} is no root`);
  return root;
}

const way = (text: string, access: S3Access = {}) => planS3Way(rootAt(text), access, process.env);

describe('where and as whom', () => {
  const CONFIG = `
[default]
region = eu-west-1
[profile lab]
region = eu-central-1
endpoint_url = https://all.example.org
[profile both]
services = stores
endpoint_url = https://all.example.org
[services stores]
s3 =
  endpoint_url = https://s3.example.org
dynamodb =
  endpoint_url = https://other.example.org
[profile closed]
ignore_configured_endpoint_urls = true
endpoint_url = https://all.example.org
`;

  test('a profile says region and endpoint where the root does not', async () => {
    files(CONFIG);
    expect(await way('s3://plates?profile=lab')).toMatchObject({
      region: 'eu-central-1',
      endpoint: 'https://all.example.org',
      signIn: { by: 'profile', profile: 'lab', isNamed: true },
    });
    expect(await way('s3://plates?profile=both')).toMatchObject({ endpoint: 'https://s3.example.org' });
    expect(await way('s3://plates?profile=closed')).toMatchObject({ endpoint: undefined });
    expect(await way('s3://plates')).toMatchObject({
      region: 'eu-west-1',
      signIn: { profile: 'default', isNamed: false },
    });
    expect(await way('s3://plates?profile=lab&region=us-west-2&endpoint_url=https://own.example.org')).toMatchObject({
      region: 'us-west-2',
      endpoint: 'https://own.example.org',
    });
  });

  test('a profile that is named goes before the environment, and nothing of that is sent there', async () => {
    files(CONFIG);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'key');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    vi.stubEnv('AWS_REGION', 'ap-south-1');
    vi.stubEnv('AWS_ENDPOINT_URL', 'https://environment.example.org');
    expect(await way('s3://plates')).toMatchObject({
      region: 'ap-south-1',
      endpoint: 'https://environment.example.org',
      signIn: { by: 'environment' },
    });
    for (const named of [await way('s3://plates?profile=closed'), await way('s3://plates', { profile: 'closed' })])
      expect(named).toMatchObject({ endpoint: undefined, signIn: { by: 'profile', profile: 'closed' } });
    vi.stubEnv('AWS_ENDPOINT_URL_S3', 'https://s3.environment.example.org');
    expect(await way('s3://plates')).toMatchObject({ endpoint: 'https://s3.environment.example.org' });
    vi.stubEnv('AWS_IGNORE_CONFIGURED_ENDPOINT_URLS', 'true');
    expect(await way('s3://plates')).toMatchObject({ endpoint: undefined });
    vi.stubEnv('AWS_PROFILE', 'lab');
    expect(await way('s3://plates')).toMatchObject({ signIn: { by: 'profile', profile: 'lab', isNamed: false } });
  });

  test('what was given for the storage goes before all, and anonymous is asked for', async () => {
    files(CONFIG);
    const keys = new Secret({ access_key_id: 'a', secret_access_key: 'canary' });
    const given = await way('s3://plates?profile=lab', { keys });
    expect(given.signIn.by).toBe('keys');
    expect(inspect(given, { depth: Infinity }) + JSON.stringify(given)).not.toContain('canary');
    expect((await way('s3://plates?anonymous=true')).signIn).toEqual({ by: 'anonymous' });
    expect(() => parseCloudRoot('s3://plates?anonymous=true&profile=lab')).toThrow('none is to be used');
  });

  test("a machine's own credentials are used where it has any; its metadata only where that is asked for", async () => {
    expect((await way('s3://plates')).signIn).toEqual({ by: 'nothing' });
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'false');
    expect((await way('s3://plates')).signIn).toEqual({ by: 'machine' });
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', undefined);
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', 'http://127.0.0.1:1/');
    const store = await openS3Store(rootAt('s3://plates?endpoint_url=http://127.0.0.1:1'), {});
    opened.push(store);
    expect(process.env['AWS_EC2_METADATA_DISABLED']).toBe('true');
  });
});

describe('F-UP07 signing in by a profile', { timeout: 60_000 }, () => {
  const server = useS3('versitygw');
  const keysOf = (name: string, more = ''): string =>
    `[${name}]\naws_access_key_id = ${server().env.AWS_ACCESS_KEY_ID}\naws_secret_access_key = ${server().env.AWS_SECRET_ACCESS_KEY}\n${more}`;

  async function stat(options: string, access: S3Access = {}): Promise<unknown> {
    const store = await openS3Store(rootAt(`s3://${server().bucket}${options}`), {
      patience: { attempts: 1 },
      ...access,
    });
    opened.push(store);
    return store.stat('nothing');
  }
  /** The error, which holds nothing of any file or program. */
  async function failure(options: string): Promise<unknown> {
    const error: unknown = await stat(options).catch((why: unknown) => why);
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toMatch(/canary/);
    return error;
  }

  test('one with keys, an endpoint and a region needs nothing in the root but its name', async () => {
    files(
      `[profile lab]\nregion = us-east-1\nservices = s\n[services s]\ns3 =\n  endpoint_url = ${server().endpoint}\n`,
      keysOf('lab'),
    );
    expect(await stat('?profile=lab')).toBe(null);
    expect(await stat('', { profile: 'lab' })).toBe(null);
  });

  test('credential_process gives credentials; one that fails is told, with nothing of what it said', async () => {
    const program = join(folder, 'program');
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = server().env;
    const answer = { Version: 1, AccessKeyId: AWS_ACCESS_KEY_ID, SecretAccessKey: AWS_SECRET_ACCESS_KEY };
    writeFileSync(program, `#!/bin/sh\ncat <<'X'\n${JSON.stringify(answer)}\nX\n`);
    chmodSync(program, 0o755);
    files(`[profile lab]\nendpoint_url = ${server().endpoint}\ncredential_process = ${program}\n`);
    expect(await stat('?profile=lab')).toBe(null);
    writeFileSync(program, '#!/bin/sh\necho canary-of-a-program >&2\nexit 3\n');
    expect(await failure('?profile=lab')).toMatchObject({
      code: 'not_signed_in',
      message: 'The profile lab gives no credentials',
    });
  });

  test('an SSO sign-in that has expired, or is not there, names the command', async () => {
    const start = 'https://lab.awsapps.com/start';
    files(`
[profile old]
sso_start_url = ${start}
sso_region = us-east-1
sso_account_id = 123456789012
sso_role_name = lab
endpoint_url = ${server().endpoint}
[profile new]
sso_session = lab
sso_account_id = 123456789012
sso_role_name = lab
endpoint_url = ${server().endpoint}
[sso-session lab]
sso_region = us-east-1
sso_start_url = ${start}
`);
    const expected = (profile: string): object => ({
      code: 'not_signed_in',
      retry: true,
      remedy: `Sign in with: aws sso login --profile ${profile}`,
    });
    expect(await failure('?profile=old')).toMatchObject(expected('old'));
    expect(await failure('?profile=new')).toMatchObject(expected('new'));
    const cache = join(folder, '.aws/sso/cache');
    mkdirSync(cache, { recursive: true });
    const token = {
      accessToken: 'canary-token',
      expiresAt: '2020-01-01T00:00:00Z',
      startUrl: start,
      region: 'us-east-1',
    };
    for (const name of [start, 'lab'])
      writeFileSync(join(cache, `${createHash('sha1').update(name).digest('hex')}.json`), JSON.stringify(token));
    expect(await failure('?profile=old')).toMatchObject(expected('old'));
    expect(await failure('?profile=new')).toMatchObject(expected('new'));
  });

  test('a profile that is missing or wrong is never replaced by another one or by the environment', async () => {
    files(
      `[default]\nendpoint_url = ${server().endpoint}\n[profile wrong]\nendpoint_url = ${server().endpoint}\n`,
      `${keysOf('default')}[wrong]\naws_access_key_id = x\naws_secret_access_key = canary\n`,
    );
    expect(await stat('')).toBe(null);
    for (const [name, value] of Object.entries<string>({ ...server().env }))
      if (/KEY/.test(name)) vi.stubEnv(name, value);
    const at = `?endpoint_url=${server().endpoint}`;
    expect(await failure(`${at}&profile=missing`)).toMatchObject({
      code: 'not_signed_in',
      message: expect.stringContaining('profile missing') as string,
      remedy: expect.stringContaining('aws configure --profile missing') as string,
    });
    expect(await failure(`${at}&profile=wrong`)).toMatchObject({ code: 'not_signed_in' });
  });

  test('a session token is sent with the keys', async () => {
    files('', keysOf('lab', 'aws_session_token = canary-session\n'));
    // This store knows no sessions, so it refuses them: without the token it would not.
    expect(await failure(`?profile=lab&endpoint_url=${server().endpoint}`)).toMatchObject({ code: 'not_signed_in' });
  });

  test('F-UP06 keys that a person puts in place of expired ones count without a new start', async () => {
    files(
      `[profile lab]\nendpoint_url = ${server().endpoint}\n`,
      '[lab]\naws_access_key_id = x\naws_secret_access_key = canary\n',
    );
    const store = await openS3Store(rootAt(`s3://${server().bucket}?profile=lab`), { patience: { attempts: 1 } });
    opened.push(store);
    await expect(store.stat('a')).rejects.toMatchObject({ code: 'not_signed_in' });
    files(`[profile lab]\nendpoint_url = ${server().endpoint}\n`, keysOf('lab'));
    vi.useFakeTimers({ now: Date.now() + 60_000, toFake: ['Date'] });
    try {
      expect(await store.stat('a')).toBe(null);
    } finally {
      vi.useRealTimers();
    }
  });
});
