/** The whole way in a real Chromium: a page built with Svelte, the handshake, the content policy, hostile pages. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { chromium, type Browser, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { readStaticFiles, type StaticFiles } from '../../../src-main/ports/fs/static-files.ts';
import { startHost, temporaryFolder, type RunningHost } from './host-fixture.ts';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
if (executablePath === undefined) console.warn('Skipped: there is no Chromium here to try the window in.');

describe.runIf(executablePath !== undefined)('in Chromium', () => {
  let browser: Browser;
  let files: StaticFiles;
  let built = '';

  beforeAll(async () => {
    built = mkdtempSync(join(tmpdir(), 'benchkeep-page-'));
    await build({
      root: join(import.meta.dirname, 'fixtures/page'),
      configFile: false,
      logLevel: 'error',
      plugins: [svelte({ configFile: false })],
      build: {
        outDir: built,
        emptyOutDir: true,
        target: 'chrome140',
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
      },
    });
    files = await readStaticFiles(built);
    browser = await chromium.launch({
      ...(executablePath === undefined ? {} : { executablePath }),
      args: ['--no-sandbox'],
    });
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    rmSync(built, { recursive: true, force: true });
  });

  const host = (): Promise<RunningHost> => startHost({ readFiles: () => Promise.resolve(files) });

  async function newPage(): Promise<{ page: Page; complaints: string[] }> {
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    return { page, complaints };
  }

  const items = async (page: Page): Promise<string[]> => {
    await page.locator('li').first().waitFor();
    return page.locator('li').allTextContents();
  };

  it('a page of Svelte signs in, asks the engine, and breaks no rule of its policy; a reload finds its way back', async () => {
    const running = await host();
    const { page, complaints } = await newPage();
    await page.goto(running.address);
    expect(await items(page)).toEqual(['answer 42', '<b>text</b>']);
    expect(page.url()).toBe(`${running.own}/`);
    await page.reload();
    expect(await items(page)).toEqual(['answer 42', '<b>text</b>']);
    expect(complaints).toEqual([]);
    expect(await page.evaluate(() => document.cookie)).toBe('');
    // Under the other name too: the policy and the Origin follow the address.
    await page.goto(running.newAddress().replace('127.0.0.1', 'localhost'));
    expect(await items(page)).toEqual(['answer 42', '<b>text</b>']);
    expect(complaints).toEqual([]);
  });

  it('control: Svelte needs its own trusted type to be named in the policy', async () => {
    const running = await host();
    const { page, complaints } = await newPage();
    await page.route(`${running.own}/`, async (route) => {
      const response = await route.fetch();
      const policy = response.headers()['content-security-policy']?.replace('svelte-trusted-html', "'none'") ?? '';
      await route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': policy } });
    });
    await page.goto(running.address);
    await expect.poll(() => complaints.join()).toContain('svelte-trusted-html');
    expect(await page.locator('li').count()).toBe(0);
  });

  it('a used address signs nobody in', async () => {
    const running = await host();
    await (await newPage()).page.goto(running.address);
    await expect.poll(() => running.engine.counts.ports).toBe(1);
    const { page } = await newPage();
    await page.goto(running.address);
    expect((await items(page))[0]).toContain('not signed in: 403');
  });

  it('the file that opens the browser leads there', async () => {
    const bin = temporaryFolder();
    writeFileSync(join(bin, 'xdg-open'), '#!/bin/sh\n', { mode: 0o755 });
    const running = await startHost(
      { readFiles: () => Promise.resolve(files), env: { PATH: bin, DISPLAY: ':0' } },
      { open: true },
    );
    const [name = ''] = readdirSync(join(running.home, 'run'));
    const { page } = await newPage();
    await page.goto(pathToFileURL(join(running.home, 'run', name)).href);
    await page.waitForURL(`${running.own}/`);
    expect((await items(page))[0]).toBe('answer 42');
    expect(readdirSync(join(running.home, 'run'))).toEqual([]);
  });

  it('the policy stops eval, markup from text, policies of others, and other servers', async () => {
    const running = await host();
    const { page } = await newPage();
    await page.goto(running.address);
    await items(page);
    const results = await page.evaluate(async () => {
      const tried: Record<string, boolean> = {};
      // The browser's driver lifts the ban on eval until its script waits for the first time.
      await new Promise((resolve) => setTimeout(resolve));
      const attempt = async (name: string, run: () => unknown): Promise<void> => {
        try {
          await run();
          tried[name] = true;
        } catch {
          tried[name] = false;
        }
      };
      await attempt('eval', () => globalThis.eval('1'));
      await attempt('innerHTML', () => (document.body.appendChild(document.createElement('p')).innerHTML = '<i>x</i>'));
      await attempt('a policy of its own', () =>
        (
          globalThis as unknown as { trustedTypes: { createPolicy(n: string, p: object): void } }
        ).trustedTypes.createPolicy('mine', {}),
      );
      await attempt('other server', () => fetch('http://127.0.0.1:9/'));
      await attempt('own session', () => fetch('/session'));
      return tried;
    });
    // Control: what is the page's own goes through.
    expect(results).toEqual({
      eval: false,
      innerHTML: false,
      'a policy of its own': false,
      'other server': false,
      'own session': true,
    });
  });

  it.each(['with the check', 'control: without it'])(
    'a hostile page on another port of this computer, %s',
    async (how) => {
      const open = how.startsWith('control');
      const running = await startHost({
        readFiles: () => Promise.resolve(files),
        ...(open ? { check: () => null } : {}),
      });
      const evil = await evilServer();
      const { page } = await newPage();
      await page.goto(running.address);
      await items(page);
      const token = await page.evaluate(() => sessionStorage.getItem('token'));
      // The same browser, so the cookie goes along; even the token is given away, to see what Origin alone stops.
      await page.goto(evil);
      const reached = await page.evaluate(
        async ({ own, token }) => {
          const socket = new WebSocket(`${own.replace('http', 'ws')}/rpc`, ['benchkeep', `benchkeep.${String(token)}`]);
          const socketOpened = await new Promise<boolean>((resolve) => {
          socket.onopen = () => { resolve(true); };
          socket.onerror = () => { resolve(false); };
        }); // prettier-ignore
          const read = await fetch(`${own}/session`, { credentials: 'include' }).then(() => true, () => false); // prettier-ignore
          const framed = document.createElement('iframe');
          framed.src = own;
          await new Promise((resolve) => {
            framed.onload = resolve;
            document.body.append(framed);
          });
          return { socketOpened, read };
        },
        { own: running.own, token },
      );
      expect(reached).toEqual({ socketOpened: open, read: false });
      const frame = page.frames().find((other) => other !== page.mainFrame());
      expect(await frame?.locator('li').count()).toBe(0);
    },
  );
});

async function evilServer(): Promise<string> {
  const server = createServer((_request, response) =>
    response.setHeader('Content-Type', 'text/html').end('<title>evil</title>'),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`;
}
