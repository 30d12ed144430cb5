/** The window as it is built, under the exact content policy that the hosts send. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StaticFiles } from '../../../src-main/ports/fs/static-files.ts';
import { labWorld } from '../../renderer/fake-engine/world.ts';
import { buildWindow, chromiumPath, launchChromium, openWindow, sayIfSkipped } from './open-window.ts';

sayIfSkipped();

/** The page as its host sends it, but with another policy. */
function withPolicy(page: Page, change: (policy: string) => string): Promise<unknown> {
  return page.route('**/', async (route) => {
    const response = await route.fetch();
    const headers = response.headers();
    const policy = change(headers['content-security-policy'] ?? '');
    await route.fulfill({ response, headers: { ...headers, 'content-security-policy': policy } });
  });
}

describe.runIf(chromiumPath !== undefined)('the content policy', () => {
  let browser: Browser;
  let files: StaticFiles;
  beforeAll(async () => {
    files = await buildWindow();
    browser = await launchChromium();
  }, 60_000);
  afterAll(() => browser.close());

  it('holds on every screen, with details and dialogs open', async () => {
    const { page, complaints } = await openWindow({ browser, files }, labWorld(30));
    await page.locator('[role=row][data-index="0"] .name').click();
    for (const tab of await page.getByRole('tab').all()) await tab.click();
    await page.getByRole('button', { name: 'Add files…' }).click();
    await page.keyboard.press('Escape');
    for (const screen of ['Folders we watch', 'Labels & terms', 'Storage places', 'Settings']) {
      await page.getByRole('link', { name: new RegExp(`^${screen}`) }).click();
      await page.getByRole('heading', { level: 1, name: screen }).waitFor();
    }
    expect(complaints).toEqual([]);
  });

  it('control: without the trusted type of Svelte nothing is drawn, and the page complains', async () => {
    const { page, complaints } = await openWindow({ browser, files }, labWorld(30), {
      prepare: ({ page: fresh }) => withPolicy(fresh, (policy) => policy.replace('svelte-trusted-html', "'none'")),
    });
    await expect.poll(() => complaints.join()).toContain('svelte-trusted-html');
    expect(await page.locator('#app > *').count()).toBe(0);
  });
});
