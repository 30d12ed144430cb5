/** Signs in to what is no storage place yet, so that it can be tried; forgotten again unless it becomes one. */
import type { SignInInput } from '../../shared/contract/index.ts';
import type { AppContext } from '../shell/app-context.ts';

type Credentials = SignInInput['credentials'];

export interface SignInTrial {
  /** For this session. Rejects where the credentials are none for such a store. */
  signIn(root: string, credentials: Credentials): Promise<void>;
  /** Of what was tried nothing stays. */
  forget(): Promise<void>;
  /** It became a storage place: what was given goes on to count. */
  stays(): void;
}

export function tryingSignIn(app: AppContext): SignInTrial {
  let tried: string | null = null;

  async function forget(): Promise<void> {
    const root = tried;
    tried = null;
    if (root === null) return;
    try {
      await app.client.storages.signOut({ storage: root, what: 'session' });
    } catch (cause) {
      // It is for the session only: with the engine that does not answer it is gone, too.
      console.info('A sign-in that was tried could not be taken back:', cause instanceof Error ? cause.message : '');
    }
  }

  return {
    async signIn(root, credentials) {
      if (tried !== null && tried !== root) await forget();
      await app.client.storages.signIn({ storage: root, credentials, keep: 'session' });
      tried = root;
    },
    forget,
    stays() {
      tried = null;
    },
  };
}
