/** S-19, I23: whatever goes wrong, no secret gets into an answer, an error, a database or any other file. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { commandLine, type CommandLine } from '../hosts/cli/command-line.ts';
import { startFaultProxy, type Fault, type FaultProxy } from '../stores/fault-proxy.ts';
import { certificatesMissing, makeCertificates, startTlsFront } from '../stores/own-certificates.ts';
import { useS3 } from '../stores/use-s3.ts';
import { expectNowhere, keptRuns, type Said } from './expect-nowhere.ts';

describe('S-19 no secret is in anything that is written or said', { timeout: 240_000 }, () => {
  const server = useS3('versitygw');
  let proxy: FaultProxy;
  let cli: CommandLine;
  let said: Said[];
  const SESSION = 'canary-session/Token+0123456789';

  beforeEach(async () => {
    proxy = await startFaultProxy(server().endpoint, { secret: server().env.AWS_SECRET_ACCESS_KEY });
    cli = commandLine({ env: { ...server().env } });
    said = [];
  });
  afterEach(async () => {
    await cli.close();
    await proxy.stop();
  });

  const run = keptRuns(
    () => cli,
    () => said,
  );

  function expectNoSecret(): void {
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = server().env;
    const secrets = [AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, SESSION].flatMap((canary) => [
      canary,
      encodeURIComponent(canary),
      Buffer.from(canary).toString('base64').slice(0, -4),
    ]);
    expectNowhere(cli, said, {
      control: { written: server().bucket, said: server().bucket },
      secrets,
      looks: /Signature=|Credential=|AWS4-HMAC|x-amz-security-token|[A-Za-z_]*secret[A-Za-z_]*["']?\s*[:=]/i,
    });
  }

  const at = (options = '', endpoint = proxy.endpoint): string =>
    `s3://${server().bucket}/lab?endpoint_url=${endpoint}${options}`;

  test('in ordinary work, in each fault, and where a secret is given in the wrong place', async () => {
    writeFileSync(cli.path('plate.csv'), 'a,b\n1,2\n');
    expect((await run('init', '--storage', at(), '--json')).code).toBe(0);
    expect((await run('save', 'plate.csv', '--key', 'plate.csv', '--json')).code).toBe(0);
    const { AWS_SECRET_ACCESS_KEY: secret, AWS_ACCESS_KEY_ID: key } = server().env;
    const faults: [Fault, number][] = [
      [{ status: 403, code: 'AccessDenied' }, 9_999],
      [{ status: 403, code: 'SignatureDoesNotMatch' }, 9_999],
      [{ status: 503, code: 'SlowDown' }, 2],
      // A server may say what it likes, also what it was sent.
      [{ status: 400, code: `Refused ${key}: x-amz-security-token=${SESSION}` }, 9_999],
      ['cut answer', 2],
      ['portal', 9_999],
    ];
    for (const [fault, times] of faults) {
      proxy.reset();
      proxy.spoil({}, times, fault);
      await run('storage', 'test', at(), '--json');
      proxy.reset();
      proxy.spoil({}, times, fault);
      await run('storage', 'tree', `s3://${server().bucket}/lab`);
      writeFileSync(cli.path('other.csv'), `c,d\n${JSON.stringify(fault)}\n`);
      proxy.reset();
      proxy.spoil({ method: 'PUT' }, times, fault);
      await run('save', 'other.csv', '--key', 'other.csv', '--json');
    }
    proxy.reset();
    expect((await run('storage', 'test', at('&region=eu-west-9'))).out).toContain('region');
    for (const endpoint of [
      'http://store.invalid',
      'http://169.254.169.254',
      `http://ada:${encodeURIComponent(secret)}@127.0.0.1`,
    ])
      expect((await run('storage', 'test', at('', endpoint))).code).toBe(1);
    expect(
      (await run('storage', 'test', `s3://${server().bucket}?aws_secret_access_key=${secret}`, '--json')).code,
    ).toBe(1);
    for (const wrong of [`s3://${key}:${secret}@${server().bucket}`, at(`&secret=${secret}`)])
      expect((await run('storage', 'add', wrong, '--json')).code).toBe(2);
    if (certificatesMissing() === null) {
      const own = makeCertificates();
      const front = await startTlsFront(server().endpoint, own);
      expect((await run('storage', 'test', at('', front.endpoint))).code).toBe(1);
      await front.stop();
      own.remove();
    }
    await run('storage', 'list', '--json');
    await run('transfers', '--json');
    await run('doctor', '--json');
    await run('log', 'plate.csv', '--json');
    expectNoSecret();
  });

  test('of a profile, with a session token, that was signed in with', async () => {
    const folder = makeProfile();
    await cli.close();
    cli = commandLine({ env: { ...server().env, AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', ...folder } });
    await run('init', '--storage', cli.path('local'), '--json');
    const signedIn = await run('storage', 'sign-in', at(), '--profile', 'lab', '--json');
    expect(signedIn.code).toBe(0);
    expect(JSON.parse(signedIn.out)).toEqual({ by: 'profile', name: 'lab', kept: 'keychain' });
    // This store knows no sessions.
    expect((await run('storage', 'test', at())).out).toContain('failed  sign-in');
    await run('storage', 'list');
    const asked = await run('storage', 'sign-in', at(), '--json');
    expect(asked.err).toContain('not_supported');
    expectNoSecret();
  });

  /** Where the person keeps credentials is not ours to look into. */
  function makeProfile(): Record<string, string> {
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = server().env;
    const path = join(server().folder, 'credentials');
    writeFileSync(
      path,
      `[lab]\naws_access_key_id = ${AWS_ACCESS_KEY_ID}\naws_secret_access_key = ${AWS_SECRET_ACCESS_KEY}\naws_session_token = ${SESSION}\n`,
    );
    return { AWS_SHARED_CREDENTIALS_FILE: path };
  }
});
