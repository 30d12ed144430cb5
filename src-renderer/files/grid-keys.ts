/** What a key does in the table: a pure map, so that the table itself only carries it out. */
export type GridAction =
  | { type: 'move'; to: number; extend: boolean }
  | { type: 'toggle' | 'all' | 'open' | 'preview' | 'clear' | 'label' | 'trash' | 'upload' };

interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
}

/** `page` is how many rows are in view. Null: not a key of the table. */
export function gridAction(press: KeyPress, active: number, last: number, page: number): GridAction | null {
  const command = press.ctrlKey || press.metaKey;
  if (press.altKey) return null;
  const targets: Record<string, number> = {
    ArrowDown: active + 1,
    ArrowUp: active - 1,
    PageDown: active + page,
    PageUp: active - page,
    Home: 0,
    End: last,
  };
  const to = targets[press.key];
  if (to !== undefined) return { type: 'move', to: Math.max(0, Math.min(last, to)), extend: press.shiftKey };
  if (press.key === ' ') return { type: command || press.shiftKey ? 'toggle' : 'preview' };
  // Keyboards of a Mac have no Del: the system's own way is Cmd+Backspace.
  if (press.key === 'Delete' || (press.metaKey && press.key === 'Backspace')) return { type: 'trash' };
  if (command) {
    const type = ({ a: 'all', u: 'upload' } as const)[press.key.toLowerCase()];
    return type === undefined ? null : { type };
  }
  if (press.key === 'Enter') return { type: 'open' };
  if (press.key === 'Escape') return { type: 'clear' };
  if (press.key.toLowerCase() === 'l') return { type: 'label' };
  return null;
}
