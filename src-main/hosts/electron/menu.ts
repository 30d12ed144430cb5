/** The menu. Electron's own has links to the web and developer tools; only macOS needs one at all, to copy and paste. */
import type { Menu } from 'electron';

export function setMenu(
  menu: Pick<typeof Menu, 'buildFromTemplate' | 'setApplicationMenu'>,
  platform: NodeJS.Platform,
): void {
  menu.setApplicationMenu(
    platform === 'darwin'
      ? menu.buildFromTemplate([{ role: 'appMenu' }, { role: 'editMenu' }, { role: 'windowMenu' }])
      : null,
  );
}
