/** S-19, I23: the key file of a service account that was given to a running app for its session gets nowhere. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { commandLine, programWithWindow, type CommandLine } from '../hosts/cli/command-line.ts';
import { describeGcs } from '../stores/describe-gcs.ts';
import { expectNowhere, keptRuns, type Said } from './expect-nowhere.ts';

const NAME = 'lab@canary-project.iam.gserviceaccount.com';
const KEY_ID = 'canary0123456789canary0123456789canary01';

describeGcs('S-19 a session at Google', (here) => {
  let cli: CommandLine;
  /** Where the program, and the person's key file, lie. */
  let beside: string;
  let secrets: string[];
  let said: Said[];

  beforeEach(() => {
    beside = mkdtempSync(join(tmpdir(), 'benchkeep-program-'));
    cli = commandLine({ main: programWithWindow(beside) });
    said = [];
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const account = { type: 'service_account', client_email: NAME, private_key_id: KEY_ID, private_key: privateKey };
    writeFileSync(join(beside, 'key.json'), JSON.stringify(account));
    const [, first = ''] = privateKey.split('\n');
    secrets = [KEY_ID, first, JSON.stringify(privateKey).slice(1, 60)];
  });
  afterEach(async () => {
    await cli.close();
    rmSync(beside, { recursive: true, force: true });
  });

  const run = keptRuns(
    () => cli,
    () => said,
  );

  function expectNoSecret(): void {
    expectNowhere(cli, said, {
      control: { written: here.root.root, said: NAME },
      secrets,
      looks: /eyJ[\w-]{8}|PRIVATE KEY|Bearer \w|upload_id=\w/,
    });
  }

  test('in ordinary work and in each fault', { timeout: 240_000 }, async () => {
    const root = `${here.root.root}?api_endpoint=${here.gcs.endpoint}`;
    expect((await run('init', '--storage', 'data', '--name', 'lab', '--json')).code).toBe(0);
    const app = cli.start('serve', '--no-open');
    await app.line(() => true);
    const signedIn = await run('storage', 'sign-in', root, '--key-file', join(beside, 'key.json'), '--json');
    expect(JSON.parse(signedIn.out)).toEqual({ by: 'service_account', name: NAME, kept: 'session' });
    expect((await run('storage', 'add', root, '--json')).code).toBe(0);
    expect((await run('storage', 'use', here.root.root, '--json')).code).toBe(0);
    writeFileSync(cli.path('plate.csv'), 'a,b\n1,2\n');
    expect((await run('save', 'plate.csv', '--key', 'plate.csv', '--json')).code).toBe(0);
    // It is that key which signs.
    expect(here.shim.seen.some(({ headers }) => /^Bearer eyJ/.test(String(headers['authorization'])))).toBe(true);
    const message = `refused ${secrets.join(' ')}`;
    const body = JSON.stringify({ error: { message, errors: [{ reason: KEY_ID }] } });
    for (const answer of [400, 401, 403]) {
      const fault = { when: () => true, times: 999, does: { answer, body } };
      void here.shim.fail(fault);
      await run('storage', 'test', root, '--json');
      await run('storage', 'tree', here.root.root);
      writeFileSync(cli.path('other.csv'), `c,d\n${String(answer)},1\n`);
      await run('save', 'other.csv', '--key', 'other.csv', '--json');
      here.shim.heal();
    }
    for (const words of [['storage', 'list'], ['transfers'], ['log', 'plate.csv'], ['info']])
      await run(...words, '--json');
    app.child.kill('SIGTERM');
    said.push({ words: ['serve'], ended: await app.ended });
    expectNoSecret();
  });
});
