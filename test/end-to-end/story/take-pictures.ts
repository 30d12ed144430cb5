/** Pictures of a story, for people who look at the window: only where `BENCHKEEP_PICTURES` names a folder for them. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

const SIZES = [
  { width: 1280, height: 800 },
  { width: 1024, height: 720 },
];

/** Of what is on screen, in both schemes and two widths; the window is as before afterwards. */
export async function takePicture(page: Page, name: string): Promise<void> {
  const folder = process.env['BENCHKEEP_PICTURES'];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  const before = page.viewportSize();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const size of SIZES) {
      await page.setViewportSize(size);
      await page.screenshot({ path: join(folder, `${name}-${colorScheme}-${String(size.width)}.png`) });
    }
  }
  await page.emulateMedia({ colorScheme: null });
  if (before !== null) await page.setViewportSize(before);
}
