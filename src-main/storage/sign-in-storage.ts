/** Signs in to a storage in the cloud, for good or until the program ends. */
import type { SignInInput, SignInRecord } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { Secret } from '../../shared/secret.ts';
import { timestamp } from '../ports/clock.ts';
import { forgetCredential, keepCredential, rememberEndpoint } from '../workstation/credential-rows.ts';
import type { Workstation } from '../workstation/open-workstation.ts';
import { findStorage } from './find-storage.ts';
import { serviceAccountName } from './objects/gcs-sign-in.ts';
import { endpointOf, parseCloudRoot, type CloudRoot } from './objects/store-options.ts';
import { placeOf, type KeptSignIn, type StoreAccess } from './store-access.ts';
import type { StorageContext } from './storage-context.ts';
import { cloudRootOf, type Stores } from './stores.ts';

/** `open`: the open instance; without one (before the first is made) sign-ins last until the program ends. */
export interface SignInContext {
  stores: Stores;
  open: Pick<StorageContext, 'registry' | 'workstation' | 'fs' | 'workstationUid' | 'clock' | 'stores'> | null;
}

/**
 * A profile is kept by its name. Errors: `invalid_argument` for credentials of another kind of store, `not_supported`
 * where nothing keeps secrets or the storage is a folder, `no_instance`, `not_found`.
 */
export async function signInStorage({ stores, open }: SignInContext, input: SignInInput): Promise<SignInRecord> {
  const root = await namedRoot(open, input.storage);
  const { kind, secret, access } = readCredentials(root, input.credentials);
  const here = open?.stores ?? stores;
  if (input.keep === 'keychain') {
    if (open === null)
      throw new BenchkeepError(
        'no_instance',
        'Credentials are kept with an instance, and none is connected',
        'Sign in for this session, make or connect the instance, then sign in for good.',
      );
    const row = await keptRow(here, kind, secret, access);
    await keepCredential(open.workstation, { ...placeOf(root), ...row, created_at: timestamp(open.clock) });
  }
  if (open !== null) await rememberChosen(open, root);
  here.signIn(root, input.keep === 'session' ? access : null);
  return here.describe(root);
}

/** `session`: what is kept for good stays. Errors: `not_supported` for a folder, `not_found`. */
export async function signOutStorage(
  { stores, open }: SignInContext,
  input: { storage: string; what?: 'session' | 'all' },
): Promise<SignInRecord> {
  const root = await namedRoot(open, input.storage);
  if (open !== null && input.what !== 'session') await forgetCredential(open.workstation, placeOf(root));
  const here = open?.stores ?? stores;
  here.signIn(root, null);
  return here.describe(root);
}

/** An endpoint that a person gives is one that may be asked, wherever it is (S-10). */
export async function rememberChosen({ stores }: Pick<StorageContext, 'stores'>, root: CloudRoot): Promise<void> {
  const endpoint = endpointOf(root);
  if (endpoint !== undefined && root.fromRegistry !== true) await stores.chosen(endpoint);
}

/** The same for an instance that is not open. */
export async function writeChosen(workstation: Workstation, root: CloudRoot): Promise<void> {
  const endpoint = endpointOf(root);
  if (endpoint !== undefined && root.fromRegistry !== true) await rememberEndpoint(workstation, endpoint);
}

/** As it is registered; a root with options of its own is taken as it was given. Errors: `not_supported`, `not_found`. */
export async function namedRoot(open: SignInContext['open'], named: string): Promise<CloudRoot> {
  const given = parseCloudRoot(named);
  if (given !== null && (open === null || Object.keys(given.options).length > 0)) return given;
  if (given !== null && open !== null) {
    const same = open.registry.db.selectFrom('storage').selectAll().where('root', '=', given.root);
    const row = await same.executeTakeFirst();
    return (row === undefined ? null : cloudRootOf(row)) ?? given;
  }
  const root = open === null ? null : cloudRootOf(await findStorage(open.registry.db, named, open));
  if (root !== null) return root;
  throw new BenchkeepError('not_supported', `${named} is no bucket`, 'Nobody has to sign in to a folder.');
}

interface Given {
  kind: KeptSignIn['kind'];
  /** What a keychain has to keep; null for a name. */
  secret: Secret<string> | null;
  access: StoreAccess;
}

function readCredentials({ type, root }: CloudRoot, given: SignInInput['credentials']): Given {
  const isOfS3 = !('service_account' in given);
  if (isOfS3 !== (type === 's3'))
    throw new BenchkeepError(
      'invalid_argument',
      `These are no credentials for ${root}`,
      type === 's3'
        ? 'Give an access key with its secret, or the name of a profile.'
        : 'Give the key file of a service account. Without one, your own sign-in is used (gcloud auth application-default login).',
    );
  if ('profile' in given) return { kind: 'profile', secret: null, access: { profile: given.profile } };
  if ('service_account' in given) {
    if (serviceAccountName(given.service_account) === null)
      throw new BenchkeepError(
        'invalid_argument',
        'What was given is no key file of a service account',
        'Make one in the console of Google Cloud (IAM, service accounts, keys), as JSON.',
      );
    const secret = new Secret(given.service_account);
    return { kind: 'service_account', secret, access: { serviceAccount: secret } };
  }
  const { access_key_id, secret_access_key, session_token } = given;
  const keys = {
    access_key_id,
    secret_access_key,
    ...(session_token === undefined || session_token === null ? {} : { session_token }),
  };
  return { kind: 'keys', secret: new Secret(JSON.stringify(keys)), access: { keys: new Secret(keys) } };
}

async function keptRow(
  { keychain }: Stores,
  kind: KeptSignIn['kind'],
  secret: Secret<string> | null,
  { profile = null }: { profile?: string | null },
): Promise<KeptSignIn> {
  if (secret === null) return { kind, profile, sealed: null };
  if (!keychain.isThere)
    throw new BenchkeepError(
      'not_supported',
      'There is no keychain here that would protect the credentials, so they are not stored',
      'Use a profile (storage sign-in ROOT --profile NAME), or sign in for this session only.',
    );
  return { kind, profile: null, sealed: await keychain.seal(secret.reveal()) };
}
