/** `demo`: the whole main job, and nothing left behind. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as z from 'zod';
import { items } from '../../../shared/contract/procedures.ts';
import { artifactRecord } from '../../../shared/contract/records.ts';
import { commandLine, oneDocument, type CommandLine } from './command-line.ts';

let cli: CommandLine;
beforeEach(() => {
  cli = commandLine();
  mkdirSync(cli.path('tmp'));
});
afterEach(() => cli.close());

/** Everything that the demonstration makes lies in this folder. */
const inOwnTmp = (): CommandLine => {
  const own = commandLine({ env: { TMPDIR: cli.path('tmp') } });
  return own;
};

test('on sample files: every step is told, the file that came later is found by its label', async () => {
  const own = inOwnTmp();
  try {
    const began = performance.now();
    const { code, out, err } = await own.run('demo');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(performance.now() - began).toBeLessThan(60_000);
    expect(out.match(/^\d\. /gm)).toEqual(['1. ', '2. ', '3. ', '4. ', '5. ', '6. ', '7. ', '8. ']);
    expect(out).toMatch(/arrived-later\.fcs/);
    expect(out).toMatch(/ 21 of 21 are as they were registered/);
    expect(out).toContain('it is sound');
    expect(readdirSync(cli.path('tmp'))).toEqual([]);
    expect(readdirSync(own.folder)).toEqual([]);
  } finally {
    await own.close();
  }
}, 90_000);

test('on files of one’s own: they are only read', async () => {
  const own = inOwnTmp();
  try {
    mkdirSync(join(own.folder, 'data/run1'), { recursive: true });
    writeFileSync(join(own.folder, 'data/run1/a.csv'), 'x\n1\n');
    writeFileSync(join(own.folder, 'data/b.fcs'), 'FCS3.1');
    const { code, out, err } = await own.run('demo', '--data', 'data', '--json');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(z.object({ items: items(artifactRecord).shape.items }).parse(oneDocument(out)).items).toHaveLength(1);
    expect(readdirSync(join(own.folder, 'data'), { recursive: true }).sort()).toEqual(['b.fcs', 'run1', 'run1/a.csv']);
    expect(readFileSync(join(own.folder, 'data/b.fcs'), 'utf8')).toBe('FCS3.1');
    expect(readdirSync(cli.path('tmp'))).toEqual([]);
    expect((await own.refused(3, 'demo', '--data', 'nowhere')).code).toBe('file_not_found');
    expect(readdirSync(cli.path('tmp'))).toEqual([]);
  } finally {
    await own.close();
  }
}, 90_000);

test('stopped on the way it cleans up', async () => {
  const own = inOwnTmp();
  try {
    const demo = own.start('demo');
    await demo.line((line) => line.startsWith('2. '));
    demo.child.kill('SIGINT');
    const ended = await demo.ended;
    expect(ended).toMatchObject({ code: 1, signal: null });
    expect(ended.err).toMatch(/^error: Stopped\. /);
    expect(ended.out).not.toContain('3. ');
    expect(readdirSync(cli.path('tmp'))).toEqual([]);
  } finally {
    await own.close();
  }
}, 90_000);
