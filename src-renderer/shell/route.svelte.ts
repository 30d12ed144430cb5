/** Which screen is shown: in the address' fragment, so that reload, back and forward work. */
export type Screen = 'files' | 'folders' | 'labels' | 'history' | 'transfers' | 'trash' | 'storages' | 'settings';

const SCREENS: readonly string[] = [
  'files',
  'folders',
  'labels',
  'history',
  'transfers',
  'trash',
  'storages',
  'settings',
] satisfies Screen[];

function isScreen(name: string): name is Screen {
  return SCREENS.includes(name);
}

function screenOf(fragment: string): Screen {
  const name = fragment.replace(/^#\/?/, '');
  return isScreen(name) ? name : 'files';
}

export class Route {
  screen: Screen = $state(screenOf(location.hash));

  /** Follows the browser's back and forward until the returned function is called. */
  follow(): () => void {
    const read = (): void => {
      this.screen = screenOf(location.hash);
    };
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }

  go(screen: Screen): void {
    location.hash = `/${screen}`;
    this.screen = screen;
  }
}
