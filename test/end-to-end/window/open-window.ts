/** A real Chromium on the real browser host, with the built window and a fake engine behind it. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { build } from 'vite';
import { onTestFinished } from 'vitest';
import { checkRequest } from '../../../src-main/hosts/browser/check-request.ts';
import { runBrowserHost, type BrowserHost } from '../../../src-main/hosts/browser/start-browser-host.ts';
import { systemClock } from '../../../src-main/ports/clock.ts';
import { readStaticFiles, type StaticFiles } from '../../../src-main/ports/fs/static-files.ts';
import { systemRandom } from '../../../src-main/ports/random.ts';
import { buildOnce, project } from '../../build-once.ts';
import { startFakeEngine, type FakeEngine } from '../../renderer/fake-engine/fake-engine.ts';
import type { World } from '../../renderer/fake-engine/world.ts';

export const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);

/** Why these tests did not run, said aloud. */
export function sayIfSkipped(): void {
  if (chromiumPath === undefined) console.warn('Skipped: there is no Chromium here to try the window in.');
}

/** The window as `npm run build` makes it, from the sources of now: its folder. */
export function builtWindow(): Promise<string> {
  return buildOnce(
    'window',
    ['src-renderer', 'shared', 'assets', 'package-lock.json', 'vite.config.renderer.ts'],
    (outDir) =>
      build({
        configFile: join(project, 'vite.config.renderer.ts'),
        logLevel: 'error',
        build: { outDir, emptyOutDir: true },
      }),
  );
}

export async function buildWindow(): Promise<StaticFiles> {
  return readStaticFiles(await builtWindow());
}

export function launchChromium(...more: string[]): Promise<Browser> {
  return chromium.launch({
    ...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
    args: ['--no-sandbox', ...more],
  });
}

export interface OpenWindow {
  page: Page;
  engine: FakeEngine;
  host: BrowserHost;
  world: World;
  /** Violations of the content policy, errors of scripts, and what the console called an error. */
  complaints: string[];
}

export interface WindowOptions extends BrowserContextOptions {
  /** What is done before the page is opened. */
  prepare?: (window: Pick<OpenWindow, 'page' | 'engine'>) => Promise<unknown>;
}

/** Fills as the page complains; to be called before the page is opened. */
export async function listenForComplaints(page: Page): Promise<string[]> {
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) =>
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`),
    );
  });
  return complaints;
}

export async function openWindow(
  { browser, files }: { browser: Browser; files: StaticFiles },
  world: World,
  { prepare = () => Promise.resolve(), ...options }: WindowOptions = {},
): Promise<OpenWindow> {
  const home = mkdtempSync(join(tmpdir(), 'benchkeep-home-'));
  const engine = startFakeEngine(world);
  const host = await runBrowserHost(
    {
      startEngine: () => Promise.resolve(engine),
      readFiles: () => Promise.resolve(files),
      check: checkRequest,
      clock: systemClock,
      random: systemRandom,
      env: {},
      platform: 'linux',
    },
    { open: false, home },
  );
  const context = await browser.newContext({
    viewport: { width: 1360, height: 860 },
    reducedMotion: 'reduce',
    ...options,
  });
  onTestFinished(async () => {
    await context.close();
    await host.close();
    rmSync(home, { recursive: true, force: true });
  });
  const page = await context.newPage();
  // A bound for what hangs, not a speed that is asked for: computers that run tests are slow.
  page.setDefaultTimeout(60_000);
  const complaints = await listenForComplaints(page);
  await prepare({ page, engine });
  await page.goto(host.address);
  return { page, engine, host, world, complaints };
}
