/** What every browser session is denied: permissions, devices, downloads, other addresses, spelling dictionaries. */
import type { Session } from 'electron';
import { APP_SCHEME } from './app-protocol.ts';

/** Copying a path or an id to the clipboard is all the window needs. */
const ALLOWED = 'clipboard-sanitized-write';

/** Schemes a page may load from. DevTools are there only while the program is not packaged. */
const SCHEMES: ReadonlySet<string> = new Set([`${APP_SCHEME}:`, 'preview:', 'blob:', 'data:']);

export function lockDownSession(session: Session, options: { packaged: boolean }): void {
  session.setPermissionRequestHandler((_contents, permission, answer) => {
    answer(permission === ALLOWED);
  });
  session.setPermissionCheckHandler((_contents, permission) => permission === ALLOWED);
  session.setDevicePermissionHandler(() => false);
  session.setDisplayMediaRequestHandler((_request, answer) => {
    answer(null);
  });
  session.webRequest.onBeforeRequest((details, answer) => {
    answer({ cancel: !mayLoad(details.url, options) });
  });
  session.on('will-download', (event) => {
    event.preventDefault();
  });
  // The spellchecker would download its dictionaries.
  session.setSpellCheckerEnabled(false);
}

function mayLoad(text: string, { packaged }: { packaged: boolean }): boolean {
  const protocol = URL.parse(text)?.protocol ?? '';
  return SCHEMES.has(protocol) || (protocol === 'devtools:' && !packaged);
}
