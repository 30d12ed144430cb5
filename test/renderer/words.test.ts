/** Small pure parts of the window: folders above a path, changes and times in words, errors as sentences. */
import { describe, expect, it } from 'vitest';
import type { ChangeRecord } from '../../shared/contract/index.ts';
import { describeError, errorSentence, isCancelled } from '../../src-renderer/client/errors.ts';
import { describeChange } from '../../src-renderer/details/describe-change.ts';
import { folderName, healthLine } from '../../src-renderer/folders/folder-words.ts';
import { breadcrumbOf } from '../../src-renderer/pick-folder/breadcrumb.ts';
import { dueText } from '../../src-renderer/ui/words.ts';
import { makeStorage } from './fake-engine/records.ts';
import { makeFolder } from './fake-engine/world.ts';

describe('breadcrumb', () => {
  it.each([
    ['/', [['Computer', '/']]],
    [
      '/data/run 7/',
      [
        ['Computer', '/'],
        ['data', '/data'],
        ['run 7', '/data/run 7'],
      ],
    ],
    [
      'C:\\Lab\\Runs',
      [
        ['C:', 'C:\\'],
        ['Lab', 'C:\\Lab'],
        ['Runs', 'C:\\Lab\\Runs'],
      ],
    ],
    [
      '\\\\nas\\runs\\2026',
      [
        ['\\\\nas\\runs', '\\\\nas\\runs\\'],
        ['2026', '\\\\nas\\runs\\2026'],
      ],
    ],
  ])('%s', (path, crumbs) => {
    expect(breadcrumbOf(path).map((crumb) => [crumb.name, crumb.path])).toEqual(crumbs);
  });
});

describe('folders in words', () => {
  it('the last part of a path is the name of a folder, also of a drive', () => {
    expect(['/mnt/Sequencer-NAS/', 'D:\\Runs', 'C:\\', '/'].map(folderName)).toEqual([
      'Sequencer-NAS',
      'Runs',
      'C:',
      '/',
    ]);
  });

  it('says when it was checked and what is new', () => {
    const now = Date.parse('2026-11-01T10:00:08Z');
    const folder = makeFolder(makeStorage(1), { checked_at: '2026-11-01T10:00:00Z', n_new: 3 });
    expect(healthLine(folder, now)).toBe('Checked 8 s ago – 3 new');
    expect(healthLine({ ...folder, n_new: 0 }, now)).toBe('Checked 8 s ago – nothing new');
    expect(healthLine({ ...folder, checked_at: null }, now)).toBe('Not checked yet – 3 new');
  });

  it('says when it looks again', () => {
    const now = Date.parse('2026-11-01T10:00:00Z');
    expect(dueText('2026-11-01T10:00:12Z', now)).toBe('in 12 s');
    expect(dueText('2026-11-01T09:59:59Z', now)).toBe('now');
  });
});

describe('changes in words', () => {
  const change = (changes: Partial<ChangeRecord>): ChangeRecord => ({
    id: 1,
    transaction: 1,
    note: null,
    created_at: '2026-11-01T10:00:00Z',
    created_by: 'ada',
    operation: 'edit',
    registry: 'artifact',
    uid: 'u',
    action: 'update',
    before: null,
    after: null,
    run: null,
    ...changes,
  });

  it.each<[Partial<ChangeRecord>, string, string[]]>([
    [{ operation: 'watch', action: 'insert', after: { key: 'a' } }, 'Found in a watched folder and registered', []],
    [{ operation: 'save', action: 'insert', after: { key: 'a' } }, 'Registered', []],
    [{ registry: 'artifact_ulabel', action: 'insert', after: { ulabel: 'IFNG' } }, 'Label “IFNG” added', []],
    [{ registry: 'artifact_ulabel', action: 'delete', before: { ulabel: 'IFNG' } }, 'Label “IFNG” removed', []],
    [{ before: { size: 1000 }, after: { size: 2500, updated_at: 'x' } }, 'Changed', ['Size: 1 kB → 2.5 kB']],
    [{ before: { is_latest: 1 }, after: { is_latest: 0 } }, 'Changed', ['Newest: yes → no']],
    [
      { before: { state: 'ok' }, after: { state: 'missing' } },
      'Changed',
      ["State: On this computer → Can't find this file"],
    ],
  ])('%j', (changes, title, lines) => {
    expect(describeChange(change(changes))).toEqual({ title, lines });
  });
});

describe('errors', () => {
  const data = { code: 'disk_full', message: 'The disk is full', remedy: 'Free some space.', retry: true };

  it('the engine’s own are shown as they came', () => {
    const error = Object.assign(new Error('x'), { code: 'BENCHKEEP', data });
    expect(describeError(error, true)).toBe(data);
    expect(errorSentence(describeError(error, true))).toBe('The disk is full. Free some space.');
    expect(
      isCancelled(Object.assign(new Error('x'), { code: 'BENCHKEEP', data: { ...data, code: 'cancelled' } })),
    ).toBe(true);
  });

  it('what came without a connection is told as that, not as a fault', () => {
    expect(describeError(new Error('socket'), false)).toMatchObject({ code: 'offline', retry: true });
    expect(describeError({ code: 'BENCHKEEP', data: 'nonsense' }, true)).toMatchObject({ code: 'internal' });
  });
});
