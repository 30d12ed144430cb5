import { execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const NOBODY = 65_534;

it('F-IN17 what may not be read is in the inbox, is not taken for gone, and its siblings are registered', () => {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'benchkeep-permission-')));
  try {
    const program = [process.execPath, join(import.meta.dirname, 'children', 'without-permission.ts'), base];
    // Root may read everything: it has to be somebody else.
    const root = process.getuid?.() === 0;
    if (root) chownSync(base, NOBODY, NOBODY);
    const [command = '', ...args] = root
      ? ['setpriv', `--reuid=${String(NOBODY)}`, `--regid=${String(NOBODY)}`, '--clear-groups', ...program]
      : program;
    const results = JSON.parse(
      execFileSync(command, args, { encoding: 'utf8', env: { ...process.env, HOME: base } }),
    ) as unknown;
    expect(results).toEqual({
      failed: ['closed', 'listed/below', 'listed/known.csv', 'never', 'secret.csv'],
      reason: 'No permission for: /closed. Ask whoever owns it for access, then try again.',
      gone: [],
      siblings: true,
      'hinted below': [[], 7],
      after: [[], [], true],
    });
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
});
