/** From words to a command and its arguments. */
import { describe, expect, test } from 'vitest';
import { allCommands } from '../../../src-main/hosts/cli/all-commands.ts';
import { parseCommand, usageOf } from '../../../src-main/hosts/cli/parse-command.ts';
import { BenchkeepError } from '../../../shared/errors.ts';

const parse = (...words: string[]) => parseCommand(words, allCommands);

function refusal(...words: string[]): { message: string; remedy: string } {
  try {
    parse(...words);
  } catch (error) {
    if (error instanceof BenchkeepError && error.code === 'invalid_argument') return error;
    throw error;
  }
  throw new Error('was not refused');
}

test('every command of this version is there', () => {
  const names = allCommands.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  const wanted =
    `init user connect disconnect info instances delete-instance settings save list describe versions path edit
    verify watch inbox view log serve demo`.split(/\s+/);
  const two = [
    'storage list',
    'storage add',
    'storage use',
    'storage local',
    'storage edit',
    'storage remove',
    'storage tree',
  ];
  const more = ['watch rule', 'label create', 'label list', 'label add', 'label remove'];
  expect(names).toEqual(expect.arrayContaining([...wanted, ...two, ...more]));
});

test('the longest name wins', () => {
  expect(parse('watch', '--once').command.name).toBe('watch');
  expect(parse('watch', 'rule', '/data').command.name).toBe('watch rule');
});

test('options take their value from the next word or after =', () => {
  const { arguments: given } = parse(
    'list',
    'suffix=.fcs',
    '--sort',
    '-created_at',
    '--limit=5',
    '--include',
    'a',
    '--include=b',
    '--trash',
  );
  expect(given.positionals).toEqual(['suffix=.fcs']);
  expect(given.text('sort')).toBe('-created_at');
  expect(given.text('limit')).toBe('5');
  expect(given.list('include')).toEqual(['a', 'b']);
  expect(given.has('trash')).toBe(true);
  expect(given.has('all-versions')).toBe(false);
});

test('after -- everything is an argument', () => {
  expect(parse('save', '--key', 'k', '--', '--odd-name', '--json').arguments.positionals).toEqual([
    '--odd-name',
    '--json',
  ]);
});

describe('wrong usage says how it is right', () => {
  test.each([
    [['lst'], /no command "lst"/, /benchkeep help/],
    [['storage'], /no command "storage"/, /storage add/],
    [['storage', 'fly'], /no command "storage fly"/, /storage add/],
    [['list', '--colour'], /no option --colour/, /^Usage: benchkeep list/],
    [['list', '--toString'], /no option --toString/, /^Usage/],
    [['list', '--limit'], /--limit needs a value \(N\)/, /^Usage/],
    [['list', '--trash=yes'], /--trash takes no value/, /^Usage/],
    [['list', '--limit', '1', '--limit', '2'], /--limit was given twice/, /^Usage/],
    [['describe'], /missing/, /^Usage: benchkeep describe ARTIFACT/],
    [['describe', 'a', 'b'], /"b" is too much/, /^Usage/],
  ] as const)('%j', (words, message, remedy) => {
    const refused = refusal(...words);
    expect(refused.message).toMatch(message);
    expect(refused.remedy).toMatch(remedy);
  });
});

test('a usage line names everything', () => {
  const command = allCommands.find(({ name }) => name === 'label add');
  expect(command && usageOf(command)).toBe('benchkeep label add ARTIFACT... [--label NAME]...');
});
