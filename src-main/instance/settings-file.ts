/** `settings.json` of the data folder: which instance is connected, which computer this is, who works on it. */
import * as z from 'zod';
import { BenchkeepError } from '../../shared/errors.ts';
import { isUid, newUid } from '../../shared/uid.ts';
import type { Fs } from '../ports/fs/fs.ts';
import { joinRaw, rawFromText, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import type { Random } from '../ports/random.ts';
import { listCards } from './instance-card.ts';

const settingsFile = z.looseObject({
  workstation_uid: z.string().refine((uid) => isUid(uid, 'storage')),
  /** Name of the connected instance. */
  instance: z.string().nullable(),
  /** Who works on this computer now. */
  handle: z.string().min(1),
  name: z.string().nullable(),
});
export type Settings = z.infer<typeof settingsFile>;

export interface SettingsContext {
  home: RawPath;
  fs: Fs;
  random: Random;
  /** The first handle. */
  login: string;
}

const LARGEST = 1024 * 1024;

export function settingsPath(home: RawPath): RawPath {
  return joinRaw(home, rawFromText('settings.json'));
}

/** Missing settings are made. Damaged ones are kept aside under another name; unwritable ones don't hinder the work. */
export async function readSettings(context: SettingsContext): Promise<{ settings: Settings; warnings: string[] }> {
  const path = settingsPath(context.home);
  const warnings: string[] = [];
  let text: Buffer | null = null;
  try {
    text = (await context.fs.look(path)) === null ? null : await context.fs.readRange(path, 0, LARGEST);
  } catch (error) {
    if (!(error instanceof BenchkeepError)) throw error;
    const settings = await defaultSettings(context);
    return { settings, warnings: [`${error.message}. Benchkeep goes on with its default settings. ${error.remedy}`] };
  }
  const settings = text === null ? null : parse(text.toString('utf8'));
  if (settings !== null) return { settings, warnings };
  const made = await defaultSettings(context);
  try {
    if (text !== null) warnings.push(await keepAside(context, text));
    await saveSettings(context, made);
  } catch (error) {
    if (!(error instanceof BenchkeepError)) throw error;
    warnings.push(`The settings can't be kept: ${error.message}. ${error.remedy}`);
  }
  return { settings: made, warnings };
}

/** Name of the connected instance; null where none is, or the settings can't be read. Changes nothing. */
export async function connectedName({ home, fs }: Pick<SettingsContext, 'home' | 'fs'>): Promise<string | null> {
  const path = settingsPath(home);
  if ((await fs.look(path)) === null) return null;
  return parse((await fs.readRange(path, 0, LARGEST)).toString('utf8'))?.instance ?? null;
}

/** Whole or not at all. */
export async function saveSettings(context: Pick<SettingsContext, 'home' | 'fs'>, settings: Settings): Promise<void> {
  const text = `${JSON.stringify(settings, null, 2)}\n`;
  await context.fs.writeTempFsyncRename(settingsPath(context.home), Buffer.from(text, 'utf8'), 0o600);
}

function parse(text: string): Settings | null {
  try {
    return settingsFile.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    // Not JSON: damaged like any other wrong content.
    return null;
  }
}

/** The cards in the instances' folders know which computer this is; and a single instance is the one meant. */
async function defaultSettings({ home, fs, random, login }: SettingsContext): Promise<Settings> {
  const cards = await listCards({ home, fs });
  const [first] = cards;
  return {
    workstation_uid: first?.workstation_uid ?? newUid(random, 12),
    instance: cards.length === 1 && first !== undefined ? first.name : null,
    handle: login,
    name: null,
  };
}

async function keepAside({ home, fs, random }: SettingsContext, bytes: Buffer): Promise<string> {
  const aside = joinRaw(home, rawFromText(`settings.damaged-${newUid(random, 6)}.json`));
  await fs.writeTempFsyncRename(aside, bytes, 0o600);
  return `The settings were damaged, so Benchkeep began with new ones. The old file is kept: ${rawToDisplay(aside)}`;
}
