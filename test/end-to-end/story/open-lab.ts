/** The real thing: a program with the window of now, its engine in a process of its own, an instrument's files. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { composeSampleFiles } from '../../../src-main/hosts/cli/demo/compose-sample-files.ts';
import { seedRandom } from '../../../src-main/hosts/cli/demo/draw-numbers.ts';
import { commandLine, programWithWindow, type CommandLine, type Running } from '../../hosts/cli/command-line.ts';
import { builtWindow, launchChromium, listenForComplaints } from '../window/open-window.ts';

export interface Lab {
  browser: Browser;
  cli: CommandLine;
  /** Where the instrument writes, `instruments` in the person's home. */
  folder: string;
  /** Paths below `folder` of what it has written. */
  files: string[];
  /** Starts `serve`; its address. */
  serve(...options: string[]): Promise<{ address: string; running: Running }>;
  /** A window of its own, not opened yet. */
  newWindow(): Promise<{ page: Page; complaints: string[] }>;
  close(): Promise<void>;
}

/** `env`: more of what the program is told. */
export async function openLab({ env = {} }: { env?: Record<string, string> } = {}): Promise<Lab> {
  const program = mkdtempSync(join(tmpdir(), 'benchkeep-program-'));
  const main = programWithWindow(program, await builtWindow());
  const home = mkdtempSync(join(tmpdir(), 'benchkeep-person-'));
  const cli = commandLine({ main, env: { HOME: home, ...env } });
  const folder = join(home, 'instruments');
  const samples = composeSampleFiles(seedRandom(1));
  for (const { path, bytes } of samples) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  const browser = await launchChromium();
  return {
    browser,
    cli,
    folder,
    files: samples.map(({ path }) => path),
    async serve(...options) {
      const running = cli.start('serve', '--no-open', '--json', ...options);
      const line = await running.line(() => true);
      return { address: (JSON.parse(line) as { address: string }).address, running };
    },
    async newWindow() {
      const context = await browser.newContext({ viewport: { width: 1360, height: 860 }, reducedMotion: 'reduce' });
      const page = await context.newPage();
      // The engine is a real one and this computer may be busy.
      page.setDefaultTimeout(60_000);
      return { page, complaints: await listenForComplaints(page) };
    },
    async close() {
      await browser.close();
      await cli.close();
      for (const path of [program, home]) rmSync(path, { recursive: true, force: true });
    },
  };
}
