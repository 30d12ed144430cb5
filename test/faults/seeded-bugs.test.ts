/** The harness is worth what it catches: each of these mistakes, planted into the sources while they are loaded. */
import { describe, expect, test } from 'vitest';
import { damaged, killed, openedAgain, rewritten, unplugged, type Story } from './crash/seeded/catch-bug.ts';
import { SEEDED_BUGS, type BugName } from './crash/seeded/seeded-bugs.ts';
import { cutCopy, cutSynchronous } from './crash/seeded/cut-stories.ts';
import { whyNoLoopDisk } from './root-tools.ts';

const STORIES: Partial<Record<BugName, Story>> = {
  'the effect before its record: a marker is removed before the storage is': killed(
    'storage add and remove',
    /^fs\.unlink\.after/,
  ),
  'the answer before the commit': killed('label add and remove', /^registry\.commit\.before#3/),
  'no second look at what was read': rewritten,
  'verified by size alone': damaged,
  'done before it is marked: a file counts as read before it has its record': killed(
    'register in place',
    /^registry\.commit\.before/,
  ),
  'the root is not proven': unplugged,
  'the last copy is removed: what has no record is swept away whole': openedAgain,
};

const CUTS: Partial<Record<BugName, Story>> = {
  'rename before the copy is synced': cutCopy,
  'no sync of the folder': cutCopy,
  'the default of synchronous': cutSynchronous,
};

test('each mistake has its story', () => {
  expect([...Object.keys(STORIES), ...Object.keys(CUTS)].sort()).toEqual(Object.keys(SEEDED_BUGS).sort());
  expect(Object.keys(SEEDED_BUGS)).toHaveLength(10);
});

/** What the judge has to say of it: not just anything that a broken program may do. */
const SAYS: Record<BugName, RegExp> = {
  'the effect before its record: a marker is removed before the storage is': /has no marker of its storage/,
  'the answer before the commit': /lost though confirmed/,
  'no second look at what was read': /of a moment at which the file was another/,
  'verified by size alone': /its record calls it right/,
  'done before it is marked: a file counts as read before it has its record': /was not found/,
  'the root is not proven': /a drive that was away changed/,
  'the last copy is removed: what has no record is swept away whole': /is nowhere any more/,
  'rename before the copy is synced': /is not what its record says/,
  'no sync of the folder': /is not what its record says/,
  'the default of synchronous': /was confirmed and is not there/,
};

test.each(Object.entries(STORIES))('F-DB01 catches a planted mistake: %s', { timeout: 120_000 }, async (bug, story) => {
  expect((await story(bug as BugName)).join('\n')).toMatch(SAYS[bug as BugName]);
});

test.each([
  ['a file written anew while it is read', rewritten],
  ['damaged bytes', damaged],
  ['a drive that is away', unplugged],
  ['what was saved', openedAgain],
])('F-DB01 without a mistake nothing is found: %s', { timeout: 120_000 }, async (_, story) => {
  expect(await story(null)).toEqual([]);
});

describe.skipIf(whyNoLoopDisk() !== null)('F-DB02 power cuts', { timeout: 120_000 }, () => {
  test('F-DB02 a copy that was confirmed is there after a power cut', async () => {
    expect(await cutCopy(null)).toEqual([]);
  });

  test.each(Object.entries(CUTS))('F-DB02 catches a planted mistake: %s', async (bug, story) => {
    expect((await story(bug as BugName)).join('\n')).toMatch(SAYS[bug as BugName]);
  });
});
