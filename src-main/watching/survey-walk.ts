/** Counts a folder before anything is registered: what would be, and what would be left out. Synchronous, for the scan thread. */
import { suffixOf } from '../../shared/suffixes.ts';
import type { FolderSurvey } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { unitOf, type OwnUnits, type Unit } from '../../shared/tell-unit.ts';
import { lookAt, namesInFolder } from '../ports/fs/list-folder.ts';
import { fileId } from '../ports/fs/open-for-writing.ts';
import { joinRaw, rawToDisplay, relativeRaw, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { isJunk } from './watch-rule.ts';

/** Ms between two tellings, asked for after so many entries. */
const TELL_EVERY = 100;
const ASK_EVERY = 100;
const MOST_SUFFIXES = 12;
/** Different suffixes kept; what looks like a suffix may be a number that counts up. */
const KEPT_SUFFIXES = 10_000;
/** Nobody has said anything of the folder yet. */
const NO_RULE: OwnUnits = { any: false, isBundle: () => false, marker: null, quiet: null };

interface OpenFolder {
  path: RawPath;
  /** Names in the folder that it lies in. */
  beside: readonly RawPath[];
  /** It lies in a folder that is one item. */
  inUnit: boolean;
}

/** `tell` returns false to end the walk; `now` in ms of a steady clock. Errors: the root is not there or can't be read. */
export function surveyWalk(root: RawPath, tell: (counts: FolderSurvey) => boolean, now: () => number): FolderSurvey {
  const suffixes = new Map<string, number>();
  const counts = { files: 0, folders: 0, bytes: 0, skipped: 0 };
  const units = new Map<string, { title: string; n: number }>();
  const open: OpenFolder[] = [{ path: root, beside: [], inUnit: false }];
  const told = { at: now(), entries: 0, goOn: true };
  const top = lookAt(root);
  const seen = new Set(top === null ? [] : [fileId(top)]);
  const soFar = (): FolderSurvey => ({
    ...counts,
    suffixes: [...suffixes]
      .sort((a, b) => b[1] - a[1])
      .slice(0, MOST_SUFFIXES)
      .map(([suffix, n]) => ({ suffix, n })),
    units: [...units].map(([profile, { title, n }]) => ({ profile, title, n })).sort((a, b) => b.n - a.n),
  });

  function tellIfDue(): void {
    told.entries += 1;
    if (told.entries % ASK_EVERY !== 0 || now() - told.at < TELL_EVERY) return;
    told.goOn = tell(soFar());
    told.at = now();
  }

  function count(path: RawPath, name: RawPath, inUnit: boolean, beside: readonly RawPath[]): void {
    const facts = !inUnit && isJunk(name) ? null : lookQuietly(path);
    if (facts?.kind === 'file') {
      counts.bytes += facts.size;
      if (inUnit) return;
      counts.files += 1;
      const { suffix } = suffixOf(rawToDisplay(name));
      if (suffixes.size < KEPT_SUFFIXES || suffixes.has(suffix)) suffixes.set(suffix, (suffixes.get(suffix) ?? 0) + 1);
    } else if (facts?.kind === 'folder' && !seen.has(fileId(facts))) {
      seen.add(fileId(facts));
      open.push({ path, beside, inUnit });
    } else if (!inUnit) counts.skipped += 1;
  }

  for (let folder = open.pop(); folder !== undefined && told.goOn; folder = open.pop()) {
    const { path, beside } = folder;
    const names = namesOrNull(path, root);
    if (names === null) {
      // A folder below that can't be read is left out of the count, as it would be of the registry.
      counts.skipped += 1;
      continue;
    }
    let { inUnit } = folder;
    if (!inUnit && path !== root) {
      const unit = unitAt(root, path, names, beside);
      inUnit = unit !== null;
      if (unit === null) counts.folders += 1;
      else units.set(unit.profile, { title: unit.title, n: (units.get(unit.profile)?.n ?? 0) + 1 });
    }
    for (const name of names) {
      count(joinRaw(path, name), name, inUnit, names);
      tellIfDue();
      if (!told.goOn) break;
    }
  }
  return soFar();
}

function unitAt(root: RawPath, path: RawPath, names: readonly RawPath[], beside: readonly RawPath[]): Unit | null {
  const { name } = splitRaw(path);
  const shown = rawToDisplay(name);
  const below = rawToDisplay(relativeRaw(root, path) ?? path);
  // How far it is does not matter here.
  return unitOf({ name, shown, path: below, names, beside, within: () => [] }, NO_RULE);
}

function namesOrNull(folder: RawPath, root: RawPath): RawPath[] | null {
  try {
    const names = namesInFolder(folder);
    if (names === null && folder === root) {
      throw new BenchkeepError(
        'file_not_found',
        `There is no folder ${rawToDisplay(folder)}`,
        'Choose another folder.',
      );
    }
    return names;
  } catch (error) {
    if (folder === root) throw error;
    return null;
  }
}

function lookQuietly(path: RawPath): ReturnType<typeof lookAt> {
  try {
    return lookAt(path);
  } catch {
    // It is counted as left out.
    return null;
  }
}
