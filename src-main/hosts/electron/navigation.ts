/** Keeps a page where it is: no other address, no frame, no webview, no second window (items 11 to 15). */
import type { WebContents } from 'electron';
import { isAppUrl } from './app-protocol.ts';
import type { openLink } from './open-link.ts';

/** `follow` gets the address of a link that asked for a window of its own. */
export function lockDownContents(contents: WebContents, follow: (url: string) => ReturnType<typeof openLink>): void {
  contents.on('will-navigate', (details) => {
    if (!isAppUrl(details.url)) details.preventDefault();
  });
  contents.on('will-redirect', (details) => {
    if (!isAppUrl(details.url)) details.preventDefault();
  });
  contents.on('will-frame-navigate', (details) => {
    if (!details.isMainFrame || !isAppUrl(details.url)) details.preventDefault();
  });
  contents.on('will-attach-webview', (event) => {
    event.preventDefault();
  });
  contents.setWindowOpenHandler(({ url }) => {
    void follow(url);
    return { action: 'deny' };
  });
  // Without this WebRTC sends to other computers past every content policy.
  contents.setWebRTCIPHandlingPolicy('disable_non_proxied_udp');
}
