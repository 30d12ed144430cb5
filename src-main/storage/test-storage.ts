/** Tries a storage in the cloud, step by step, and says of the first step that fails what is wrong and what to do. */
import type { SignInRecord, StorageTest } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { redact } from '../../shared/redact.ts';
import type { Clock } from '../ports/clock.ts';
import type { Fs } from '../ports/fs/fs.ts';
import type { Random } from '../ports/random.ts';
import { checkBucketName } from './objects/check-bucket-name.ts';
import { openTrial, type Trial } from './objects/open-trial.ts';
import type { S3Access } from './objects/s3-client.ts';
import { endpointOf, type CloudRoot } from './objects/store-options.ts';
import { namedRoot, rememberChosen, type SignInContext } from './sign-in-storage.ts';
import { putProbe, removeProbe, type Probe } from './probe-conditions.ts';
import { IGNORES_CONDITIONS } from './storages-of-computer.ts';

/** Of the open instance are the storages that can be named, and what a person tests may be asked from then on. */
export interface TestStorageContext extends SignInContext {
  fs: Fs;
  clock: Clock;
  random: Random;
  /** For tests: less patience, other addresses. */
  access?: Pick<S3Access, 'patience' | 'lookup'>;
}

/** Ms. Stores refuse what is signed by a clock that is 15 minutes wrong; this is told sooner. */
const MOST_SKEW = 5 * 60_000;

type Step = StorageTest['step'];
interface Said {
  message: string;
  remedy?: string;
}

/**
 * `root`: an address, or a storage by root or uid, which is tried as it is registered. What was done is undone: nothing
 * stays in the bucket. Where it is not `managed`, nothing is put. Errors: none of the store's; they are the answer.
 */
export async function testStorage(
  context: TestStorageContext,
  { root: text, managed, confirm = false }: { root: string; managed: boolean; confirm?: boolean },
): Promise<{ items: StorageTest[] }> {
  const items: StorageTest[] = [];
  const open: Trial[] = [];
  const say = (step: Step, { message, remedy }: Said): void => {
    items.push({ step, ok: true, message, remedy: remedy ?? null });
  };
  let step: Step = 'name';
  try {
    const root = await rootToTest(context.open, text);
    const stores = context.open?.stores ?? context.stores;
    say('name', { message: `${root.root} is a good name.` });
    await rememberChosen({ stores }, root);
    const endpoint = endpointOf(root);
    if (confirm && endpoint !== undefined) await stores.chosen(endpoint);
    step = 'endpoint';
    // A keychain that is locked is told when it is its turn: who answers there is found out without it.
    const asking = stores.accessOf(root);
    const access = await asking.catch(async () => ({ isChosen: await stores.isChosen(root) }));
    const trial = await openTrial(root, { ...access, ...context.access }, context);
    open.push(trial);
    const date = await trial.greet();
    say('endpoint', { message: `${trial.endpoint} answers.` });
    step = 'clock';
    say('clock', checkClock(context.clock, date, root));
    step = 'sign-in';
    await asking;
    const signIn = await stores.describe(root);
    await trial.signIn();
    const region = await askRegion(trial, root).catch((error: unknown) => {
      throw atItsAddress(error, trial);
    });
    say('sign-in', { message: signInWords(signIn) });
    say('region', { message: region === null ? 'The store does not tell a region.' : `The bucket is in ${region}.` });
    step = 'list';
    for await (const _first of trial.store.list('')) break;
    say('list', { message: `What lies in ${root.root} can be listed.` });
    if (!managed) return { items };
    step = 'put';
    const probe = await putProbe(trial.store, context.random);
    say('put', {
      message: 'Objects can be put there.',
      ...(probe.isKept ? {} : { message: 'Objects can be put there, with a warning.', remedy: IGNORES_CONDITIONS }),
    });
    step = 'delete';
    await removeAll(trial, probe, root);
    say('delete', { message: 'Objects can be deleted there. Nothing of this test is left.' });
  } catch (error) {
    if (!(error instanceof BenchkeepError) || error.code === 'internal') throw error;
    failed(items, step, error);
  } finally {
    for (const trial of open) trial.close();
  }
  return { items };
}

async function rootToTest(open: TestStorageContext['open'], text: string): Promise<CloudRoot> {
  const root = await namedRoot(open, text).catch((error: unknown) => {
    const isNone = error instanceof BenchkeepError && ['not_found', 'not_supported'].includes(error.code);
    throw isNone ? noAddress() : error;
  });
  checkBucketName(root);
  return root;
}

function noAddress(): BenchkeepError {
  return new BenchkeepError(
    'invalid_argument',
    'This is no address of a bucket, and no storage in one',
    'Give one like s3://bucket/folder or gs://bucket/folder.',
  );
}

/** The store may know better which step it was: one request proves the sign-in and tells region and bucket. */
function failed(items: StorageTest[], at: Step, error: BenchkeepError): void {
  const { message, remedy } = error;
  const step = stepOf(at, error);
  const place = items.findIndex((item) => item.step === step);
  if (place >= 0) items.length = place;
  for (const [before, words] of [
    ['sign-in', 'The credentials were found.'],
    ['region', 'The store does not tell a region.'],
  ] as const)
    if (STEPS.indexOf(before) < STEPS.indexOf(step) && STEPS.indexOf(before) >= items.length)
      items.push({ step: before, ok: true, message: words, remedy: null });
  const confirm = error.details?.['about'] === 'private' ? ({ confirm: 'endpoint' } as const) : {};
  items.push({ step, ok: false, message: `${redact(message)}.`, remedy: redact(remedy), ...confirm });
}

const STEPS: readonly Step[] = ['name', 'endpoint', 'clock', 'sign-in', 'region', 'list', 'put', 'delete'];

function stepOf(at: Step, { code, details }: BenchkeepError): Step {
  const about = details?.['about'];
  if (about === 'clock' || about === 'region' || about === 'list') return about;
  if (code === 'not_signed_in') return 'sign-in';
  if (at === 'name' || at === 'endpoint') return at;
  // A bucket that is not there is found out with the first request for it.
  return code === 'bucket_not_found' && at === 'sign-in' ? 'list' : at;
}

function checkClock(clock: Clock, date: string | null, { root }: CloudRoot): Said {
  const skew = date === null ? NaN : clock.now() - Date.parse(date);
  if (!Number.isFinite(skew)) return { message: 'The store does not tell the time.' };
  const minutes = Math.round(Math.abs(skew) / 60_000);
  if (Math.abs(skew) <= MOST_SKEW) return { message: "This computer's clock is right." };
  throw new BenchkeepError(
    'not_allowed',
    `The clock of this computer is ${String(minutes)} minutes ${skew > 0 ? 'ahead of' : 'behind'} that of ${root}`,
    "Set this computer's clock right (and its time zone), then try again: stores refuse what is signed at a wrong time.",
  );
}

/** Also where only objects may be seen, and not the bucket: then the list tells. */
async function askRegion(trial: Trial, { root, options }: CloudRoot): Promise<string | null> {
  try {
    return await trial.store.region();
  } catch (error) {
    if (!(error instanceof BenchkeepError) || error.code !== 'not_allowed' || error.details !== undefined) throw error;
    throw new BenchkeepError(
      'not_allowed',
      `Your credentials are right, but they may not see what lies in ${root}`,
      options.anonymous === 'true'
        ? 'The bucket is not public: sign in.'
        : 'Ask whoever looks after the bucket for the right to list it, or sign in as somebody else.',
      { details: { about: 'list' } },
    );
  }
}

/** The name leads nowhere, or is not the one in the certificate; any other failure of the network says nothing of it. */
const NOBODY = /\((?:ENOTFOUND|EAI_AGAIN|ERR_TLS_CERT_ALTNAME_INVALID)\)$/;

/**
 * `error`: of the first request for the bucket. The server answered before: where it knows no such bucket, it may want the
 * bucket's name in another place.
 */
function atItsAddress(error: unknown, { otherWay: other }: Trial): unknown {
  if (other === null || !(error instanceof BenchkeepError)) return error;
  const { code, message, remedy, details } = error;
  if (code === 'bucket_not_found' && details === undefined)
    return new BenchkeepError(code, message, `${remedy} ${other.words}`);
  // Its name leads nowhere, or the certificate is good for the server's own name alone.
  const isLost = other.isOtherName && NOBODY.test(message);
  return isLost ? new BenchkeepError('bucket_not_found', message, other.words) : error;
}

async function removeAll({ store }: Trial, probe: Probe, { root }: CloudRoot): Promise<void> {
  try {
    await removeProbe(store, probe);
  } catch (error) {
    if (!(error instanceof BenchkeepError)) throw error;
    throw new BenchkeepError(
      error.code,
      `What was put there for this test can't be deleted: ${root}/${probe.key} stays`,
      `${error.remedy} Until then nothing can be removed from there; have that object removed.`,
    );
  }
}

const SIGN_IN_WORDS: Record<SignInRecord['by'], string> = {
  keys: 'Signed in with the keys that you gave for this storage.',
  profile: 'Signed in with the profile',
  environment: 'Signed in with the keys of the environment (AWS_ACCESS_KEY_ID).',
  machine: 'Signed in with what this machine is given by its cloud.',
  service_account: 'Signed in as the service account',
  application_default: 'Signed in with your own sign-in at Google (application default credentials).',
  anonymous: 'Without credentials, as a public bucket.',
  nothing: 'Without credentials.',
};

function signInWords({ by, name }: SignInRecord): string {
  return name === null ? SIGN_IN_WORDS[by] : `${SIGN_IN_WORDS[by]} ${name}.`;
}
