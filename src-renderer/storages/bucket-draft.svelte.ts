/** A bucket while it is being described: where it is, how this computer signs in, and what a test of that found. */
import type { SignInInput, StorageTest } from '../../shared/contract/index.ts';
import type { ErrorData } from '../../shared/errors.ts';
import { describeError } from '../client/errors.ts';
import type { AppContext } from '../shell/app-context.ts';
import { bucketProblems, EMPTY_BUCKET, rootOf, takeApart, type BucketField, type BucketFields } from './bucket-root.ts';
import type { BucketSignInWay, SignInHandle } from './sign-in-words.ts';
import { tryingSignIn, type SignInTrial } from './try-sign-in.ts';

export class BucketDraft {
  fields = $state.raw<BucketFields>(EMPTY_BUCKET);
  how = $state<BucketSignInWay>('own');
  /** All secrets that are typed in are there. */
  complete = $state(false);
  /** Secrets are kept for good, where something keeps them. */
  keep = $state(true);
  /** Benchkeep looks after it; else it is only read. */
  managed = $state(true);
  secrets: SignInHandle | undefined = $state();
  busy = $state<'test' | 'add' | null>(null);
  steps = $state.raw<StorageTest[] | null>(null);
  error = $state.raw<ErrorData | null>(null);
  readonly problems = $derived(bucketProblems(this.fields));
  /** Null while something is wrong with it. */
  readonly root = $derived(
    Object.keys(this.problems).length === 0 ? rootOf({ ...this.fields, isPublic: this.how === 'public' }) : null,
  );
  readonly whole = $derived(this.root !== null && (this.how !== 'given' || this.complete));
  readonly type = $derived(this.fields.kind === 'gs' ? ('gs' as const) : ('s3' as const));
  readonly #app: AppContext;
  readonly #trial: SignInTrial;

  constructor(app: AppContext) {
    this.#app = app;
    this.#trial = tryingSignIn(app);
  }

  /** A whole address in the field of the bucket is taken apart. */
  set(field: BucketField | 'kind' | 'style', value: string): void {
    const pasted = field === 'bucket' ? { strange: [], sharedProfile: '', isPublic: false } : {};
    this.fields = takeApart({ ...this.fields, ...pasted, [field]: value });
    if (this.fields.isPublic) this.how = 'public';
    this.steps = null;
  }

  /** What was tested is not what stands there any more. */
  changed(): void {
    this.steps = null;
  }

  /** One thing at a time; what fails is shown. */
  async during(what: 'test' | 'add', work: () => Promise<void>): Promise<void> {
    this.busy = what;
    this.error = null;
    try {
      await work();
    } catch (cause) {
      this.error = describeError(cause, this.#app.connection.state === 'ready');
    }
    this.busy = null;
  }

  async test(): Promise<void> {
    const { root } = this;
    if (root === null) return;
    this.steps = null;
    await this.during('test', async () => {
      await this.signIn(root);
      this.steps = (await this.#app.client.storages.test({ root, managed: this.managed })).items;
    });
  }

  /** For this session; it is kept only once the bucket is added. */
  async signIn(root: string): Promise<void> {
    const given = this.#credentials();
    if (given) await this.#trial.signIn(root, given);
    else await this.#trial.forget();
  }

  /** The bucket is a storage place now, by uid or root: its sign-in goes on to count, for good where that was chosen. */
  async keepSignIn(storage: string): Promise<void> {
    this.#trial.stays();
    const given = this.#credentials();
    const forGood = given !== null && ('profile' in given || (this.keep && this.#app.capabilities.keychain));
    if (forGood) await this.#app.client.storages.signIn({ storage, credentials: given, keep: 'keychain' });
  }

  /** Of what was tried nothing stays. */
  forget(): Promise<void> {
    return this.#trial.forget();
  }

  /** Null where what this computer has counts, or nothing. The name of a profile is of this computer, not of the bucket. */
  #credentials(): SignInInput['credentials'] | null {
    if (this.how === 'given') return this.secrets?.take() ?? null;
    const profile = this.fields.profile.trim();
    return this.how === 'own' && this.fields.kind !== 'gs' && profile !== '' ? { profile } : null;
  }
}
