/** Secrets are looked for in all that a command line said, and in every byte that it wrote. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { CommandLine, Ended } from '../hosts/cli/command-line.ts';

export interface Said {
  words: string[];
  ended: Ended;
}

export interface Sought {
  /** What is not secret is found in both: else nothing was looked at. */
  control: { written: string; said: string };
  /** In every form that they may have. */
  secrets: readonly string[];
  /** What only something secret looks like. */
  looks: RegExp;
}

/** Runs commands, and keeps what they said. `cli`: of the running test. */
export function keptRuns(cli: () => CommandLine, said: () => Said[]): (...words: string[]) => Promise<Ended> {
  return async (...words) => {
    const ended = await cli().run(...words);
    said().push({ words, ended });
    return ended;
  };
}

export function expectNowhere(
  { folder }: CommandLine,
  said: readonly Said[],
  { control, secrets, looks }: Sought,
): void {
  const written = everyByte(folder);
  expect(written.includes(control.written)).toBe(true);
  expect(said.some(({ ended }) => ended.out.includes(control.said))).toBe(true);
  for (const secret of secrets) {
    for (const { words, ended } of said) expect(ended.out + ended.err, words.join(' ')).not.toContain(secret);
    expect(written.includes(secret)).toBe(false);
  }
  for (const { words, ended } of said) expect(ended.out + ended.err, words.join(' ')).not.toMatch(looks);
}

function everyByte(folder: string): Buffer {
  return Buffer.concat(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name))),
  );
}
