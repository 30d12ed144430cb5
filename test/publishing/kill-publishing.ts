/** Two data folders and one place take turns; each command of one is killed at its failpoints. Nothing is lost. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import * as z from 'zod';
import { instanceInfo } from '../../shared/contract/index.ts';
import { commandLine, errorDocument, type CommandLine, type Ended } from '../hosts/cli/command-line.ts';

const labels = z.object({ items: z.array(z.object({ name: z.string() })) });
const anything = z.unknown();

/** The command line with a failpoint in its environment. */
function withFailpoint(home: CommandLine, point: Record<string, string>, words: string[]): Promise<Ended> {
  for (const [name, value] of Object.entries(point)) process.env[name] = value;
  try {
    return home.start(...words).ended;
  } finally {
    for (const name of Object.keys(point)) Reflect.deleteProperty(process.env, name);
  }
}

/** Labels in the registry of this computer as it lies there, with what only its `-wal` has. */
function committed(home: string): string[] {
  const instances = join(home, 'instances');
  const uid = readdirSync(instances).find((name) => !name.startsWith('.')) ?? '';
  const db = new Database(join(instances, uid, 'registry.db'), { readonly: true });
  try {
    return db.prepare<[], string>('SELECT name FROM ulabel').pluck().all();
  } finally {
    db.close();
  }
}

/**
 * Kills `label create` (which takes the turn, writes, publishes and gives the turn back) at every `step`th point that a
 * whole one hits; then the other computer goes on, or says that it waits, and in the end both have everything.
 */
export async function killPublishing(
  given: string,
  env: Readonly<Record<string, string>>,
  step: number,
): Promise<number> {
  const a = commandLine({ env: { ...env } });
  const b = commandLine({ env: { ...env } });
  try {
    await a.json(anything, 'init', '--storage', given, '--name', 'lab');
    await b.json(anything, 'connect', given);
    const trace = a.path('trace');
    await withFailpoint(a, { BK_FAILPOINT_TRACE: trace }, ['label', 'create', 'traced']);
    const points = readFileSync(trace, 'utf8').trim().split('\n');
    expect(points.some((point) => point.startsWith('registry.commit.after'))).toBe(true);
    const chosen = points.filter((_, n) => n % step === 0);
    const names: string[] = ['traced'];
    for (const [n, point] of chosen.entries()) {
      const [one, other] = n % 2 === 0 ? [a, b] : [b, a];
      const name = `killed-${String(n)}`;
      const ended = await withFailpoint(one, { BK_FAILPOINT: `${point}=kill` }, ['label', 'create', name]);
      expect([ended.signal, ended.code], point).toEqual(expect.arrayContaining([ended.code === 0 ? null : 'SIGKILL']));
      // What was committed is in the end there for both, whenever the kill came.
      if (ended.code === 0 || committed(one.home).includes(name)) names.push(name);
      // The other computer goes on first, or is told who has the turn; it never comes to another history.
      const meanwhile = `meanwhile-${String(n)}`;
      const went = await other.run('label', 'create', meanwhile, '--json');
      if (went.code === 0) names.push(meanwhile);
      else expect(errorDocument.parse(JSON.parse(went.err)).error.code, point).toBe('registry_read_only');
      // The computer that was killed starts again and says what it knows; nothing of the other is in danger.
      const told = await one.json(instanceInfo, 'info');
      expect(told.warnings, point).toEqual([]);
      expect(told.published?.diverged, point).toBe(false);
      expect(committed(one.home), point).toEqual(expect.arrayContaining(names));
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
