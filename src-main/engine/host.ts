/** What the surroundings of the engine can do for a person; one implementation per host (`hosts/`). */
import type { HostCapabilities } from '../../shared/contract/index.ts';

export interface Host {
  readonly capabilities: HostCapabilities;
  /** Null if the person closed the dialog. Refused with `not_supported` where the host has no dialog. */
  pickFolder(): Promise<string | null>;
  pickFiles(): Promise<string[]>;
  /** Shows a file or folder in the system's file manager. */
  reveal(path: string): Promise<void>;
  /** Gives a secret to the keychain of the computer; as text that only this person can turn back. `not_supported` without one. */
  sealSecret(secret: string): Promise<string>;
  unsealSecret(sealed: string): Promise<string>;
}
