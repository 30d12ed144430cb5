import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const project = resolve(import.meta.dirname, '../..');

test('S-24 no address of a scheme of our own and no kind of file opens the program', () => {
  const builder = readFileSync(join(project, 'electron-builder.yml'), 'utf8');
  expect(builder).not.toMatch(/^\s*(?:protocols|fileAssociations|mimeTypes)\s*:/m);
  const sources = readdirSync(join(project, 'src-main'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const registering = sources.filter((name) =>
    /setAsDefaultProtocolClient|['"]open-(?:url|file)['"]|second-instance.*argv/.test(
      readFileSync(join(project, 'src-main', name), 'utf8'),
    ),
  );
  expect(registering).toEqual([]);
});
