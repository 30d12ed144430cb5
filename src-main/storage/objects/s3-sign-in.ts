/**
 * Which credentials S3 gets: one kind is chosen by what is there, before anything is asked, and no other one is used in
 * its place. The SDK's own chain would go on to the next.
 */
import { BenchkeepError } from '../../../shared/errors.ts';
import type { Secret } from '../../../shared/secret.ts';
import { systemClock, type Clock } from '../../ports/clock.ts';
import { readAwsProfile, type AwsProfile } from './aws-profile.ts';
import { openAgents } from './guarded-agents.ts';
import { proxyEnvironment } from './proxy-environment.ts';
import { storeError } from './store-error.ts';

export interface AwsKeys {
  access_key_id: string;
  secret_access_key: string;
  session_token?: string | undefined;
}

/** As the SDK wants them. */
interface AwsIdentity {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  expiration?: Date;
}
type Provider = () => Promise<AwsIdentity>;

export type S3SignIn =
  | { by: 'keys'; keys: Secret<AwsKeys> }
  | { by: 'anonymous' }
  /** `isNamed`: for this storage, and not only as the computer's usual one. */
  | { by: 'profile'; profile: string; isNamed: boolean }
  | { by: 'environment' }
  /** What the machine itself is given: in a container, by a web identity, or by its metadata where that was asked for. */
  | { by: 'machine' }
  | { by: 'nothing' };

export interface S3SignInFacts {
  keys?: Secret<AwsKeys> | undefined;
  profile?: string | undefined;
  anonymous?: boolean | undefined;
  env: NodeJS.ProcessEnv;
  /** Of the profile that is used if none is named for this storage (AWS_PROFILE or `default`). */
  usual: AwsProfile | null;
}

export function planS3SignIn({ keys, profile, anonymous, env, usual }: S3SignInFacts): S3SignIn {
  if (keys !== undefined) return { by: 'keys', keys };
  if (profile !== undefined) return { by: 'profile', profile, isNamed: true };
  if (anonymous === true) return { by: 'anonymous' };
  const said = (name: string): boolean => (env[name] ?? '') !== '';
  // As with Amazon's own tools: a profile that is named in the environment goes before keys in it.
  if (said('AWS_PROFILE')) return { by: 'profile', profile: env['AWS_PROFILE'] ?? '', isNamed: false };
  if (said('AWS_ACCESS_KEY_ID') && said('AWS_SECRET_ACCESS_KEY')) return { by: 'environment' };
  if (usual !== null) return { by: 'profile', profile: 'default', isNamed: false };
  const asked = env['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'false';
  const given = ['AWS_WEB_IDENTITY_TOKEN_FILE', ...CONTAINER].some(said);
  return asked || given ? { by: 'machine' } : { by: 'nothing' };
}

const CONTAINER = ['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', 'AWS_CONTAINER_CREDENTIALS_FULL_URI'];

/**
 * Undefined where the SDK looks itself. Errors of the provider: `not_signed_in`, `offline`; nothing that a file or a
 * program said gets into them.
 */
export function s3Credentials(
  plan: S3SignIn,
  root: string,
  env: NodeJS.ProcessEnv,
  clock: Pick<Clock, 'now'> = systemClock,
): Provider | undefined {
  if (plan.by === 'keys') {
    const { access_key_id, secret_access_key, session_token } = plan.keys.reveal();
    return fixed(access_key_id, secret_access_key, session_token);
  }
  if (plan.by === 'environment')
    return fixed(env['AWS_ACCESS_KEY_ID'], env['AWS_SECRET_ACCESS_KEY'], env['AWS_SESSION_TOKEN']);
  if (plan.by === 'profile') return () => ofProfile(plan.profile, root, clock);
  if (plan.by === 'nothing') return () => Promise.reject(notSignedIn(root));
  return undefined;
}

function fixed(key = '', secret = '', token = ''): Provider {
  const keys = { accessKeyId: key, secretAccessKey: secret, ...(token === '' ? {} : { sessionToken: token }) };
  return () => Promise.resolve(keys);
}

/**
 * Ms. The SDK asks again for what expires within 5 minutes: keys that a person puts in place of expired ones (with a
 * session token, say) count half a minute later, without a new start.
 */
const READ_AGAIN = 330_000;

async function ofProfile(profile: string, root: string, clock: Pick<Clock, 'now'>): Promise<AwsIdentity> {
  // Static keys, roles, SSO, a program (credential_process), a web identity: whatever the profile says.
  const { fromIni } = await import('@aws-sdk/credential-provider-ini');
  const agents = proxyEnvironment(process.env) === null ? null : openAgents({ mayBePrivate: true, authority: null });
  // Whoever gives roles and single sign-on is asked as stores are.
  const asking = agents && { requestHandler: { httpAgent: agents.http, httpsAgent: agents.https } };
  try {
    const identity: AwsIdentity = await fromIni({
      profile,
      ignoreCache: true,
      ...(asking && { clientConfig: asking }),
    })();
    const isLasting = identity.expiration === undefined && (await readAwsProfile(profile))?.hasKeys === true;
    return isLasting ? { ...identity, expiration: new Date(clock.now() + READ_AGAIN) } : identity;
  } catch (error) {
    throw profileFailure(error, profile, root);
  } finally {
    agents?.close();
  }
}

/** The SDK tells by words only what is wrong with a profile; they may hold what a program printed. */
function profileFailure(error: unknown, profile: string, root: string): BenchkeepError {
  const { name = '', message = '', code } = error as { name?: string; message?: string; code?: unknown };
  if (typeof code === 'string' && /^E[A-Z_]+$/.test(code) && !['ENOENT', 'EACCES'].includes(code))
    return storeError({ status: null, name: code }, `the sign-in of the profile ${profile}`, error);
  const refused = (what: string, remedy: string): BenchkeepError =>
    new BenchkeepError('not_signed_in', what, remedy, { retry: true });
  if (/\bsso\b/i.test(message) || name === 'TokenProviderError' || name === 'UnauthorizedException')
    return refused(
      `Your sign-in of the profile ${profile} has expired, or there is none`,
      `Sign in with: aws sso login --profile ${profile}`,
    );
  if (/aws login/i.test(message))
    return refused(
      `Your sign-in of the profile ${profile} has expired, or there is none`,
      `Sign in with: aws login --profile ${profile}`,
    );
  if (/^ExpiredToken/.test(name) || /process returned expired|expired/i.test(message))
    return refused(`The credentials of the profile ${profile} have expired`, 'Renew them in the way you got them.');
  if (/could not resolve credentials using profile|could not be found or parsed/i.test(message))
    return refused(
      `${root} needs the profile ${profile}, which holds no credentials on this computer`,
      `Set it up (aws configure --profile ${profile}), or sign in with another one: benchkeep storage sign-in ${root} --profile NAME`,
    );
  return refused(
    `The profile ${profile} gives no credentials`,
    `Try it with Amazon's own tool (aws sts get-caller-identity --profile ${profile}), and mend what that says.`,
  );
}

function notSignedIn(root: string): BenchkeepError {
  return new BenchkeepError(
    'not_signed_in',
    `You are not signed in to ${root}`,
    `Sign in: benchkeep storage sign-in ${root}, with keys or with --profile NAME. Public buckets: add ?anonymous=true.`,
    { retry: true },
  );
}
