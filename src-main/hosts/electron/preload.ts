/**
 * All that the page gets from Electron: which host it is in, the path of a dropped file, and a port to the engine,
 * which comes as a message `benchkeep-port` from its own origin. Built as one CommonJS file.
 */
import { contextBridge, ipcRenderer, webUtils } from 'electron';

const CHANNEL = 'benchkeep-port';

contextBridge.exposeInMainWorld(
  'benchkeep',
  Object.freeze({ host: 'electron', pathOf: (file: File): string => webUtils.getPathForFile(file) }),
);

ipcRenderer.on(CHANNEL, (event) => {
  window.postMessage(CHANNEL, location.origin, event.ports);
});

// The page's scripts have run by then, so the page listens.
window.addEventListener('DOMContentLoaded', () => {
  ipcRenderer.send(CHANNEL);
});
