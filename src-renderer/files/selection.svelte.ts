/** Which files are selected, by uid, so that it stays while rows move, come and go. */
import { SvelteSet } from 'svelte/reactivity';

export class Selection {
  readonly uids = new SvelteSet<string>();

  toggle(uid: string): void {
    if (!this.uids.delete(uid)) this.uids.add(uid);
  }

  only(uids: Iterable<string>): void {
    this.uids.clear();
    for (const uid of uids) this.uids.add(uid);
  }

  add(uids: Iterable<string>): void {
    for (const uid of uids) this.uids.add(uid);
  }

  clear(): void {
    this.uids.clear();
  }
}
