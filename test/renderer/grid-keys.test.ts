/** What each key does in the table of files. */
import { describe, expect, it } from 'vitest';
import { gridAction } from '../../src-renderer/files/grid-keys.ts';

const press = (key: string, keys: Partial<Record<'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey', boolean>> = {}) =>
  gridAction({ key, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...keys }, 5, 99, 20);

describe('keys of the table', () => {
  it.each([
    ['ArrowDown', 6],
    ['ArrowUp', 4],
    ['PageDown', 25],
    ['PageUp', 0],
    ['Home', 0],
    ['End', 99],
  ])('%s goes to row %i, with Shift it extends the range', (key, to) => {
    expect(press(key)).toEqual({ type: 'move', to, extend: false });
    expect(press(key, { shiftKey: true })).toEqual({ type: 'move', to, extend: true });
  });

  it('stays within the rows', () => {
    const none = { ctrlKey: false, metaKey: false, shiftKey: false, altKey: false };
    expect(gridAction({ key: 'ArrowUp', ...none }, 0, 9, 5)).toMatchObject({ to: 0 });
    expect(gridAction({ key: 'PageDown', ...none }, 8, 9, 5)).toMatchObject({ to: 9 });
  });

  it('Space shows, with Ctrl or Shift it selects; Ctrl and Cmd are the same', () => {
    expect(press(' ')).toEqual({ type: 'preview' });
    for (const key of ['ctrlKey', 'metaKey', 'shiftKey'] as const)
      expect(press(' ', { [key]: true })).toEqual({ type: 'toggle' });
    for (const key of ['ctrlKey', 'metaKey'] as const) expect(press('a', { [key]: true })).toEqual({ type: 'all' });
    expect(press('Enter')).toEqual({ type: 'open' });
    expect(press('Escape')).toEqual({ type: 'clear' });
    expect(press('l')).toEqual({ type: 'label' });
  });

  it('leaves the keys of others alone', () => {
    expect(press('a')).toBeNull();
    expect(press('l', { ctrlKey: true })).toBeNull();
    expect(press('ArrowDown', { altKey: true })).toBeNull();
    expect(press('Tab')).toBeNull();
  });
});
