/** Rules, inbox and possible losses of the fake engine's watched folders. */
import type { InboxItem, WatchRule } from '../../../shared/contract/index.ts';
import { BenchkeepError } from '../../../shared/errors.ts';
import { did } from './deeds.ts';
import { changed, emit, type World } from './world.ts';

const DEFAULT_RULE: WatchRule = {
  include: [],
  exclude: [],
  settle: null,
  bundle: [],
  done_marker: null,
  upload: false,
};

type RuleChange = { storage: string } & { [Field in keyof WatchRule]?: WatchRule[Field] | undefined };

/** What is left out stays. */
export function setRule(world: World, { storage, ...given }: RuleChange): { storage: string; rule: WatchRule } {
  const before = world.rules.get(storage) ?? DEFAULT_RULE;
  const change = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const rule: WatchRule = { ...before, ...change };
  if (rule.exclude.includes('[')) {
    throw new BenchkeepError('invalid_argument', '“[” is not a pattern', 'Write it like *.tmp.');
  }
  if (Object.keys(change).length > 0) {
    world.rules.set(storage, rule);
    did(world, 'watch rule', 'The rule of the watched folder was changed', [], () => world.rules.set(storage, before));
    changed(world, 'storage');
  }
  return { storage, rule };
}

function tellInbox(world: World): void {
  const count = (state: InboxItem['state']): number => world.inbox.filter((item) => item.state === state).length;
  emit(world, { type: 'inbox', waiting: count('waiting'), failed: count('failed') });
}

export function ignore(
  world: World,
  input: { storage: string; path: string; names: boolean },
): { pattern: string | null } {
  const item = world.inbox.find(({ relative }) => relative === input.path);
  if (item === undefined) throw new BenchkeepError('not_found', `${input.path} is not in the inbox`, 'Look again.');
  if (!input.names) {
    Object.assign(item, { state: 'ignored', reason: 'you said so', can: ['unignore'], next: null, pattern: null });
    tellInbox(world);
    return { pattern: null };
  }
  const pattern = item.pattern ?? '';
  setRule(world, { storage: input.storage, exclude: [...(world.rules.get(input.storage)?.exclude ?? []), pattern] });
  world.inbox = world.inbox.filter((other) => other.pattern !== pattern);
  tellInbox(world);
  return { pattern };
}

/** A path, or all that failed. */
export function settleInbox(
  world: World,
  input: { storage: string; path: string | null },
  state: InboxItem['state'],
): Record<string, never> {
  for (const item of world.inbox) {
    if (input.path === null ? item.state !== 'failed' : item.relative !== input.path) continue;
    Object.assign(item, { state, reason: 'it is looked at', can: ['ignore', 'ignore names'] });
  }
  tellInbox(world);
  return {};
}

export function confirmLoss(world: World, input: { storage: string; lost: boolean }): Record<string, never> {
  const folder = world.folders.find(({ storage }) => storage === input.storage);
  if (folder === undefined) throw new BenchkeepError('not_found', 'There is no such folder', 'Look at the list.');
  const before = { ...folder };
  folder.checked_at = new Date().toISOString();
  if (input.lost) {
    Object.assign(folder, { health: 'watching', health_reason: null });
    did(world, 'missing', `${String(folder.n_gone)} files can't be found any more`, [], () => {
      Object.assign(folder, before);
      emit(world, { type: 'folders' });
    });
    changed(world, 'artifact');
  }
  emit(world, { type: 'folders' });
  return {};
}
