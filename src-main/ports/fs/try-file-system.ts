/** Tries out what the file system of a folder can do, with files of its own that it removes again. */
import { constants } from 'node:fs';
import { link, lstat, mkdir, mkdtemp, open, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, fsError } from './fs-error.ts';
import { TEMPORARY_PREFIX } from './node-fs.ts';
import { rawFromText, rawToText, type RawPath } from './raw-path.ts';
import { openSqlite } from './sqlite-file.ts';

export interface Trial {
  name: string;
  /** False where something that Benchkeep stands on does not work. */
  ok: boolean;
  message: string;
  remedy: string | null;
}

/** Errors: those of making a folder in `folder`. */
export async function tryFileSystem(folder: RawPath): Promise<Trial[]> {
  let place: string;
  try {
    place = await mkdtemp(join(rawToText(folder) ?? '', `${TEMPORARY_PREFIX}try-`));
  } catch (error) {
    throw fsError(error, folder);
  }
  try {
    const trials: Trial[] = [];
    for (const run of [capitals, hardLinks, sync, noReplace, names, times, locks]) {
      await mkdir(join(place, run.name));
      trials.push(await run(join(place, run.name)).catch((error: unknown) => failed(run.name, error)));
    }
    return trials;
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

function failed(name: string, error: unknown): Trial {
  const message = `${name}: it failed with ${errnoOf(error) ?? String(error)}.`;
  return { name, ok: false, message, remedy: 'Check the disk, or use another one.' };
}

function fine(name: string, message: string): Trial {
  return { name, ok: true, message, remedy: null };
}

async function capitals(folder: string): Promise<Trial> {
  await writeFile(join(folder, 'a.txt'), '1');
  await writeFile(join(folder, 'A.txt'), '2');
  const told = (await readdir(folder)).length === 2;
  return fine(
    'capitals',
    told ? 'Names that differ by capitals are two files.' : 'Names that differ by capitals only are one file here.',
  );
}

async function hardLinks(folder: string): Promise<Trial> {
  await writeFile(join(folder, 'a'), '1');
  try {
    await link(join(folder, 'a'), join(folder, 'b'));
  } catch (error) {
    return fine('hard links', `There are none here (${errnoOf(error) ?? ''}); Benchkeep does without.`);
  }
  const [a, b] = [await stat(join(folder, 'a')), await stat(join(folder, 'b'))];
  return fine('hard links', a.ino === b.ino ? 'They work.' : 'They get numbers of their own; Benchkeep does without.');
}

async function sync(folder: string): Promise<Trial> {
  const file = await open(join(folder, 'a'), 'w');
  try {
    await file.writeFile('1');
    await file.sync();
  } finally {
    await file.close();
  }
  if (process.platform !== 'win32') {
    const handle = await open(folder, constants.O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
  return fine('sync', 'Files and folders can be synced to the disk.');
}

async function noReplace(folder: string): Promise<Trial> {
  const [a, b] = [join(folder, 'a'), join(folder, 'b')];
  await writeFile(a, '1');
  await writeFile(b, '2');
  const refused = await link(a, b).then(
    () => false,
    () => true,
  );
  await rename(a, b);
  const replaced = (await lstat(b)).size === 1 && (await readdir(folder)).length === 1;
  return refused && replaced
    ? fine('renaming', 'A new name never takes the place of a file unasked, and a rename is whole.')
    : failed('renaming', 'a wrong result');
}

async function names(folder: string): Promise<Trial> {
  const hard = ['a:b', 'tab\tname', 'é', 'e\u0301', 'trailing ', 'CON', '-x', '"q"'];
  const refused: string[] = [];
  for (const name of hard) {
    try {
      await writeFile(join(folder, name), '1');
    } catch {
      refused.push(JSON.stringify(name));
    }
  }
  const kept = (await readdir(folder)).length === hard.length - refused.length;
  const message =
    refused.length === 0 && kept
      ? 'Names are kept as they are.'
      : `Not every name can be had: ${refused.join(', ') || 'some become one'}.`;
  return fine('names', message);
}

async function times(folder: string): Promise<Trial> {
  const file = join(folder, 'a');
  await writeFile(file, '1');
  await utimes(file, 1_700_000_001.123456, 1_700_000_001.123456);
  const ns = (await stat(file, { bigint: true })).mtimeNs % 1_000_000_000n;
  const fineness = ns === 0n ? 'whole seconds' : ns % 1_000_000n === 0n ? 'milliseconds' : 'less than a millisecond';
  return fine('times', `Times of files are kept to ${fineness}.`);
}

async function locks(folder: string): Promise<Trial> {
  const path = rawFromText(join(folder, 'a.db'));
  const first = openSqlite(path, { readonly: false });
  const second = openSqlite(path, { readonly: false });
  try {
    second.pragma('busy_timeout = 0');
    first.exec('BEGIN IMMEDIATE');
    try {
      second.exec('BEGIN IMMEDIATE');
    } catch {
      return await Promise.resolve(fine('locks', 'A database can be locked here.'));
    }
    return {
      name: 'locks',
      ok: false,
      message: 'A database that is locked can be written by another program all the same.',
      remedy: 'Do not put the data folder there.',
    };
  } finally {
    first.close();
    second.close();
  }
}
