/** How this computer signs in to a storage: what was given for it, for good or until the program ends. */
import type { SignInRecord } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { Secret } from '../../shared/secret.ts';
import type { Keychain } from './keychain.ts';
import { GOOGLE } from './objects/gcs-client.ts';
import { isOfGoogle, serviceAccountName } from './objects/gcs-sign-in.ts';
import { planS3Way } from './objects/s3-client.ts';
import type { AwsKeys } from './objects/s3-sign-in.ts';
import { endpointOf, type CloudRoot } from './objects/store-options.ts';

export interface StoreAccess {
  keys?: Secret<AwsKeys>;
  /** JSON of the key file of a service account. */
  serviceAccount?: Secret<string>;
  profile?: string;
  /** The endpoint of a registry was chosen on this computer, too. */
  isChosen?: boolean;
  kept?: 'keychain' | 'session';
}

/** What a workstation keeps of a sign-in; `sealed` by the keychain. */
export interface KeptSignIn {
  kind: 'keys' | 'service_account' | 'profile';
  profile: string | null;
  sealed: string | null;
}

/**
 * What a sign-in is for: the storage and the very servers that it was given for. Whoever changes the endpoint in a
 * registry gets nothing of what was typed for another one.
 */
export function placeOf(root: CloudRoot): { root: string; endpoint: string } {
  return { root: root.root, endpoint: endpointOf(root) ?? '' };
}

/** Errors: `not_signed_in` where the keychain does not give it. */
export async function accessOfKept(
  { kind, profile, sealed }: KeptSignIn,
  root: string,
  keychain: Keychain,
): Promise<StoreAccess> {
  if (kind === 'profile') return { profile: profile ?? '', kept: 'keychain' };
  let secret: string;
  try {
    secret = await keychain.unseal(sealed ?? '');
  } catch {
    throw new BenchkeepError(
      'not_signed_in',
      `The keychain of this computer does not give the credentials of ${root}`,
      keychain.isThere
        ? `Unlock it, or sign in again: benchkeep storage sign-in ${root}`
        : 'They were kept by the app: open it, or use a profile (benchkeep storage sign-in ROOT --profile NAME).',
      { retry: true },
    );
  }
  return kind === 'keys'
    ? { keys: new Secret(JSON.parse(secret) as AwsKeys), kept: 'keychain' }
    : { serviceAccount: new Secret(secret), kept: 'keychain' };
}

/** For people: by what requests are signed. Asks nobody. */
export async function describeAccess(
  root: CloudRoot,
  access: StoreAccess,
  env: NodeJS.ProcessEnv,
): Promise<SignInRecord> {
  const kept = access.kept ?? null;
  if (root.type === 's3') {
    const { signIn } = await planS3Way(root, access, env);
    return { by: signIn.by, name: signIn.by === 'profile' ? signIn.profile : null, kept };
  }
  if (access.serviceAccount !== undefined)
    return { by: 'service_account', name: serviceAccountName(access.serviceAccount.reveal()), kept };
  if (root.options.anonymous === 'true') return { by: 'anonymous', name: null, kept };
  const isGoogle = isOfGoogle(endpointOf(root) ?? GOOGLE);
  return { by: isGoogle ? 'application_default' : 'nothing', name: null, kept };
}
