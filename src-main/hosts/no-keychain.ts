/** Of hosts that have nowhere to keep a secret. */
import { BenchkeepError } from '../../shared/errors.ts';

export const noKeychain = {
  sealSecret: () => Promise.reject(notSupported()),
  unsealSecret: () => Promise.reject(notSupported()),
};

function notSupported(): BenchkeepError {
  return new BenchkeepError(
    'not_supported',
    'There is no keychain here, so no credentials are stored',
    'Use a profile (benchkeep storage sign-in ROOT --profile NAME), or sign in for this session only.',
  );
}
