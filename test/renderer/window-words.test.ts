/** The window says what the engine says without the words of its command line. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { describeError } from '../../src-renderer/client/errors.ts';
import { inWindowWords } from '../../src-renderer/ui/window-words.ts';

const ENGINE = resolve(import.meta.dirname, '../../src-main');
/** Of a command, or of its options; not of other programs, which have no window here. */
const COMMAND_LINE = /\bbenchkeep [a-z]|(?:^|[\s(])--[a-z]/;
const OTHER_PROGRAMS = /\b(?:aws|gcloud) [^.;)]*/g;

/** Every text in the engine, with X for what is put into it; not those of the hosts, which have words of their own. */
function textsOfEngine(): string[] {
  const files = readdirSync(ENGINE, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.startsWith('hosts'),
  );
  return files.flatMap((name) => {
    const source = ts.createSourceFile(name, readFileSync(join(ENGINE, name), 'utf8'), ts.ScriptTarget.Latest);
    const texts: string[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isStringLiteralLike(node)) texts.push(node.text);
      else if (ts.isTemplateExpression(node))
        texts.push([node.head.text, ...node.templateSpans.map(({ literal }) => `X${literal.text}`)].join(''));
      ts.forEachChild(node, visit);
    };
    visit(source);
    return texts;
  });
}

describe('remedies in the window', () => {
  it('name no command and no option, whatever the engine says', () => {
    const texts = textsOfEngine().filter((text) => COMMAND_LINE.test(text.replace(OTHER_PROGRAMS, '')));
    expect(texts.length).toBeGreaterThan(80);
    for (const text of texts) {
      const said = inWindowWords(text);
      expect(said.replace(OTHER_PROGRAMS, ''), text).not.toMatch(COMMAND_LINE);
      expect(said, text).not.toMatch(/\s[,.;:]|[(]\s*[)]|^$|:$/);
    }
  });

  it('are in words of a lab: a server has an address, and what its protocol is called is not said', () => {
    const sentences = textsOfEngine().filter(
      (text) => /\s\S+\s/.test(text) && !/AWS configuration|endpoint_url|CREATE TABLE/.test(text),
    );
    expect(sentences.length).toBeGreaterThan(500);
    const words =
      /\bendpoints?\b|\betags?\b|\bmultipart upload|\binodes?\b|\bHEAD request|\b412\b|below this root|\bprefix(?:es)? of\b/i;
    expect(sentences.filter((text) => words.test(text))).toEqual([]);
  });

  it.each([
    [
      'Sign in: benchkeep storage sign-in s3://lab.data/x, with keys or with --profile NAME. Public buckets: add ?anonymous=true.',
      'Sign in under Storage places. If the bucket is public, add it as that.',
    ],
    ['Add one with: benchkeep storage add FOLDER.', 'Add one under Storage places.'],
    [
      'Wait for them, or cancel them: benchkeep transfers cancel 1 2 3.',
      'Wait for them, or cancel them under Transfers.',
    ],
    [
      'Unlock it, or sign in again: benchkeep storage sign-in s3://lab',
      'Unlock it, or sign in again under Storage places',
    ],
    [
      'Nothing was sent there. If it is right, say so by testing it: benchkeep storage test "ROOT?endpoint_url=ADDRESS".',
      'Nothing was sent there. If it is right, say so by testing it under Storage places, with “Test connection”.',
    ],
    [
      'Give its region: …?region=eu-central-1 behind its address.',
      'Give its region in the form of the bucket (eu-central-1).',
    ],
    [
      'If the server wants its name in front (lab.store), say so: …&addressing_style=virtual behind its address.',
      'If the server wants its name in front (lab.store), say so in the form of the bucket.',
    ],
    [
      'Keep this one beside the published one (benchkeep publish --beside), or take the published one (benchkeep connect ROOT --published; this one is kept as a backup).',
      'Keep this one beside the published one, or take the published one.',
    ],
    ['Sign in with: aws sso login --profile lab', 'Sign in with: aws sso login --profile lab'],
    ['Free some space.', 'Free some space.'],
    // Names of people's own folders and files are none of ours.
    ['It is in /data/benchkeep runs/a --b.fcs now.', 'It is in /data/benchkeep runs/a --b.fcs now.'],
  ])('%s', (text, said) => {
    expect(inWindowWords(text)).toBe(said);
  });

  it('each error of the engine comes in these words', () => {
    const data = {
      code: 'no_local_storage',
      message: 'No place for it',
      remedy: 'Add one with: benchkeep storage add FOLDER.',
      retry: false,
    };
    const error = Object.assign(new Error('x'), { code: 'BENCHKEEP', data });
    expect(describeError(error, true)).toEqual({ ...data, remedy: 'Add one under Storage places.' });
  });
});
