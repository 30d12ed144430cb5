/** What Google Cloud Storage, its sign-in or the network says, as Benchkeep's error. */
import * as z from 'zod';
import { BenchkeepError } from '../../../shared/errors.ts';
import type { WholeAnswer } from './whole-request.ts';
import { storeError } from './store-error.ts';

const said = z.object({ error: z.object({ errors: z.array(z.object({ reason: z.string() })).optional() }) });

/** `root`: the storage's, for people. A 404 means the bucket here: what misses objects asks for them itself. */
export function answerFailure({ status, body }: Pick<WholeAnswer, 'status' | 'body'>, root: string): BenchkeepError {
  if (status === 401) {
    return new BenchkeepError(
      'not_signed_in',
      `${root} does not accept your credentials`,
      'Sign in again (gcloud auth application-default login) or give the key file of a service account.',
      { retry: true },
    );
  }
  const name = status === 404 ? 'bucketNotFound' : (said.safeParse(asJson(body)).data?.error.errors?.[0]?.reason ?? '');
  // What the server calls the reason is shown, so it has to look like one.
  return storeError({ status, name: /^\w{1,60}$/.test(name) ? name : 'unknown' }, root, null);
}

/** Of what the network throws. */
export function networkFailure(error: unknown, root: string): BenchkeepError {
  if (error instanceof BenchkeepError) return error;
  return storeError({ status: null, name: nameOf(error) }, root, error);
}

/** Of what Google's sign-in throws, whose errors hold requests with secrets in them: nothing but a name is taken over. */
export function signInFailure(error: unknown, root: string, keyFile: string | undefined): BenchkeepError {
  const { status, name } = error as { status?: unknown; name?: unknown };
  if (name === 'AbortError') return networkFailure(error, root);
  const isBusy = status === 429 || (typeof status === 'number' && status >= 500);
  if (isBusy || isPassing(error) || isUnreachable(error)) {
    return new BenchkeepError(
      'offline',
      `Google's sign-in for ${root} does not answer`,
      'Check the network. Nothing was lost; try again when it is back.',
      { retry: true },
    );
  }
  return keyFile === undefined
    ? new BenchkeepError(
        'not_signed_in',
        `You are not signed in to ${root}`,
        'Sign in (gcloud auth application-default login), or give the key file of a service account.',
        { retry: true },
      )
    : new BenchkeepError(
        'not_signed_in',
        `${keyFile} does not open ${root}`,
        'Check that it is the key file of a service account that is still valid.',
        { retry: true },
      );
}

/** The store's answer is no object store's: a page to log in to the network, say. */
export function notAStore(root: string): BenchkeepError {
  return new BenchkeepError(
    'offline',
    `What answers in place of ${root} is no Google Cloud Storage`,
    'Check the address of the server, and whether this network wants you to log in first.',
    { retry: true },
  );
}

export function uploadLost(root: string): BenchkeepError {
  return new BenchkeepError(
    'upload_lost',
    `${root} does not know this upload any more`,
    'It is begun again by itself; nothing was lost here.',
    { retry: true },
  );
}

/** Nobody is there: worth fewer attempts than what breaks on the way. */
export function isUnreachable(error: unknown): boolean {
  return /^E(?:CONNREFUSED|NOTFOUND|AI_AGAIN|HOSTUNREACH|NETUNREACH|ADDRNOTAVAIL)$/.test(nameOf(error));
}

/** Broke on the way: what was asked may have happened or not. */
export function isPassing(error: unknown): boolean {
  return /^E(?:CONNRESET|CONNABORTED|PIPE|TIMEDOUT)$/.test(nameOf(error));
}

/** Undefined for what is no JSON. */
export function asJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch {
    return undefined;
  }
}

function nameOf(error: unknown): string {
  const { name, code, cause } = error as { name?: unknown; code?: unknown; cause?: { code?: unknown } };
  if (name === 'AbortError') return name;
  const told = [code, cause?.code].find((value) => typeof value === 'string');
  return typeof told === 'string' && /^\w{1,60}$/.test(told) ? told : 'unknown';
}
