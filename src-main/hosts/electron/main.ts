/** Electron's entry: the real parts for `run-electron.ts`. */
import { join } from 'node:path';
import process from 'node:process';
import * as electron from 'electron';
import { startEngine } from '../../engine/start-engine.ts';
import { systemClock } from '../../ports/clock.ts';
import { findWindowFolder, readStaticFiles } from '../../ports/fs/static-files.ts';
import { dataFolder } from '../data-folder.ts';
import { runElectron } from './run-electron.ts';

// What the engine writes is for this person only, whatever a library asks for.
process.umask(0o077);

void runElectron(electron, {
  startEngine,
  readFiles: () => readStaticFiles(findWindowFolder(import.meta.dirname)),
  clock: systemClock,
  platform: process.platform,
  home: dataFolder(process.env, process.platform),
  instance: null,
  preload: join(import.meta.dirname, 'preload.cjs'),
});
