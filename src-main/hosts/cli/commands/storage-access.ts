/** `storage test|sign-in|sign-out`. */
import { nodeFs } from '../../../ports/fs/node-fs.ts';
import { rawFromText } from '../../../ports/fs/raw-path.ts';
import { systemRandom } from '../../../ports/random.ts';
import { BenchkeepError } from '../../../../shared/errors.ts';
import type { SignInInput, SignInRecord } from '../../../../shared/contract/index.ts';
import { escapeForDisplay } from '../../../../shared/format/display-name.ts';
import type { Command, CommandContext } from '../command.ts';
import { onStorage } from '../storage-argument.ts';

/** Bytes; such a file has some 2,400. */
const MOST_OF_KEY_FILE = 65_536;

const test: Command = {
  name: 'storage test',
  usage: 'ROOT|UID',
  help: 'try a bucket step by step, and say what is wrong',
  positionals: [1, 1],
  options: { link: { help: 'only what reading needs: nothing is put there' } },
  async run(context) {
    const [root = ''] = context.arguments.positionals;
    const managed = !context.arguments.has('link');
    const result = await (await context.client()).storages.test({ root, managed });
    const lines = result.items.flatMap(({ step, ok, message, remedy }) => [
      `${ok ? 'ok    ' : 'failed'}  ${step.padEnd(8)}  ${escapeForDisplay(message)}`,
      ...(remedy === null ? [] : [`${' '.repeat(18)}${escapeForDisplay(remedy)}`]),
    ]);
    return { json: result, text: lines.join('\n'), exitCode: result.items.every(({ ok }) => ok) ? 0 : 1 };
  },
};

const signIn: Command = {
  name: 'storage sign-in',
  usage: 'ROOT|UID',
  help: 'sign in to a bucket: with a profile, a key file, or keys that are asked for',
  positionals: [1, 1],
  options: {
    profile: { value: 'NAME', help: 'of your AWS configuration; only its name is kept' },
    'key-file': { value: 'FILE', help: 'of a service account of Google Cloud' },
    session: { help: 'keep keys only until the running app ends' },
  },
  async run(context) {
    const [named = ''] = context.arguments.positionals;
    const client = await context.client();
    const { kind, keychain } = await client.host.capabilities({});
    const profile = context.arguments.text('profile');
    if (profile === undefined && kind === 'cli') throw nothingKeeps();
    const credentials: SignInInput['credentials'] =
      profile === undefined ? await askCredentials(context, named) : { profile };
    const isForGood = profile !== undefined || (keychain && !context.arguments.has('session'));
    const keep = isForGood ? 'keychain' : 'session';
    const result = await onStorage(context, named, (storage) => client.storages.signIn({ storage, credentials, keep }));
    if (!isForGood && !keychain)
      context.note('There is no keychain that protects them: the credentials last until the app ends');
    return { json: result, text: words(result) };
  },
};

const signOut: Command = {
  name: 'storage sign-out',
  usage: 'ROOT|UID',
  help: 'forget how to sign in to a bucket',
  positionals: [1, 1],
  async run(context) {
    const [named = ''] = context.arguments.positionals;
    const client = await context.client();
    const result = await onStorage(context, named, (storage) => client.storages.signOut({ storage }));
    return { json: result, text: words(result) };
  },
};

async function askCredentials(context: CommandContext, named: string): Promise<SignInInput['credentials']> {
  const keyFile = context.arguments.text('key-file');
  if (keyFile !== undefined) return { service_account: await readKeyFile(context.absolute(keyFile)) };
  if (/^gs:/i.test(named))
    throw new BenchkeepError(
      'invalid_argument',
      'A bucket at Google is opened with the key file of a service account',
      'Usage: benchkeep storage sign-in ROOT --key-file FILE. Your own sign-in needs none of that.',
    );
  const access_key_id = await context.ask('Access key', { hidden: false });
  const secret_access_key = await context.ask('Secret key (not shown)', { hidden: true });
  const session_token = await context.ask('Session token (not shown; empty for none)', {
    hidden: true,
    optional: true,
  });
  if (access_key_id === '' || secret_access_key === '')
    throw new BenchkeepError('invalid_argument', 'Nothing was typed', 'Give both the access key and its secret.');
  return { access_key_id, secret_access_key, session_token: session_token === '' ? null : session_token };
}

async function readKeyFile(path: string): Promise<string> {
  const fs = nodeFs(systemRandom);
  return String(await fs.readRange(await fs.realPath(rawFromText(path)), 0, MOST_OF_KEY_FILE));
}

function nothingKeeps(): BenchkeepError {
  return new BenchkeepError(
    'not_supported',
    'Nothing keeps credentials once this command has ended: no app is running, and there is no keychain here',
    'Use a profile (--profile NAME) or the environment, or start the app (or benchkeep serve) and sign in there.',
  );
}

const WORDS: Record<SignInRecord['by'], string> = {
  keys: 'keys that were given for it',
  profile: 'the profile',
  environment: 'the keys of the environment',
  machine: 'what this machine is given by its cloud',
  service_account: 'the service account',
  application_default: 'your own sign-in at Google',
  anonymous: 'nothing, as a public bucket',
  nothing: 'nothing: you are not signed in',
};

function words({ by, name, kept }: SignInRecord): string {
  const until = kept === null ? '' : kept === 'keychain' ? ', for good' : ', until the app ends';
  return `It is reached with ${WORDS[by]}${name === null ? '' : ` ${escapeForDisplay(name)}`}${until}.`;
}

export const storageAccessCommands: readonly Command[] = [test, signIn, signOut];
