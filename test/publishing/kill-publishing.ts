/** Two data folders and one place take turns; each command of one is killed at its failpoints. Nothing is lost. */
import { readFileSync, rmSync } from 'node:fs';
import { expect } from 'vitest';
import * as z from 'zod';
import { instanceInfo } from '../../shared/contract/index.ts';
import { commandLine, type CommandLine, type Ended } from '../hosts/cli/command-line.ts';

const labels = z.object({ items: z.array(z.object({ name: z.string() })) });
const anything = z.unknown();

/** The command line with a failpoint in its environment. */
function withFailpoint(
  home: CommandLine,
  env: Record<string, string>,
  point: Record<string, string>,
  words: string[],
): Promise<Ended> {
  for (const [name, value] of Object.entries(point)) process.env[name] = value;
  try {
    return home.start(...words).ended;
  } finally {
    for (const name of Object.keys(point)) Reflect.deleteProperty(process.env, name);
  }
}

/**
 * Kills `label create` (which takes the turn, writes, publishes and gives the turn back) at every `step`th point that a
 * whole one hits; then the other computer goes on, or says that it waits, and in the end both have everything.
 */
export async function killPublishing(given: string, env: Record<string, string>, step: number): Promise<number> {
  const a = commandLine({ env });
  const b = commandLine({ env });
  try {
    await a.json(anything, 'init', '--storage', given, '--name', 'lab');
    await b.json(anything, 'connect', given);
    const trace = a.path('trace');
    await withFailpoint(a, env, { BK_FAILPOINT_TRACE: trace }, ['label', 'create', 'traced']);
    const points = readFileSync(trace, 'utf8').trim().split('\n');
    expect(points.some((point) => point.startsWith('registry.commit.after'))).toBe(true);
    const chosen = points.filter((_, n) => n % step === 0);
    const names: string[] = ['traced'];
    const isThere = async (one: CommandLine, name: string): Promise<boolean> =>
      (await one.json(labels, 'label', 'list')).items.some((label) => label.name === name);
    for (const [n, point] of chosen.entries()) {
      const [one, other] = n % 2 === 0 ? [a, b] : [b, a];
      const name = `killed-${String(n)}`;
      const ended = await withFailpoint(one, env, { BK_FAILPOINT: `${point}=kill` }, ['label', 'create', name]);
      expect([ended.signal, ended.code], point).toEqual(expect.arrayContaining([ended.code === 0 ? null : 'SIGKILL']));
      // The computer that was killed starts again and says what it knows; nothing of the other is in danger.
      const told = await one.json(instanceInfo, 'info');
      expect(told.warnings, point).toEqual([]);
      expect(told.published?.diverged, point).toBe(false);
      if (await isThere(one, name)) names.push(name);
      await one.json(anything, 'publish');
      // It had the turn when it was killed; now it gives it back at its end.
      await one.json(anything, 'label', 'create', `after-${String(n)}`);
      names.push(`after-${String(n)}`);
      await other.json(anything, 'label', 'create', `other-${String(n)}`);
      names.push(`other-${String(n)}`);
      expect((await other.json(instanceInfo, 'info')).published?.diverged, point).toBe(false);
    }
    for (const one of [a, b]) {
      const found = (await one.json(labels, 'label', 'list')).items.map((label) => label.name);
      expect(found).toEqual(expect.arrayContaining(names));
      expect(await one.json(z.object({ failed: z.array(anything) }), 'verify', '--registry')).toEqual(
        expect.objectContaining({ failed: [] }),
      );
    }
    return chosen.length;
  } finally {
    await a.close();
    await b.close();
    rmSync(a.folder, { recursive: true, force: true });
  }
}
