/** Where the host keeps secrets for the person; see `Host`. */

export interface Keychain {
  /** False where the host has none that protects anything. */
  isThere: boolean;
  /** As text that only this person on this computer can turn back. Errors: `not_supported`. */
  seal(secret: string): Promise<string>;
  /** Errors: `not_signed_in` where it can't be turned back. */
  unseal(sealed: string): Promise<string>;
}

/** Of hosts without one. */
export const noKeychain: Keychain = {
  isThere: false,
  seal: () => Promise.reject(new Error('no keychain')),
  unseal: () => Promise.reject(new Error('no keychain')),
};
