/**
 * Failpoints: named places where a test can make the process die, fail or pause (`BK_FAILPOINT=name#n=action`).
 * They stand inside the ports, around every effect, so that new code is covered by itself. Production builds
 * define BK_FAILPOINTS as false and none of this remains in them.
 */
import { existsSync, writeFileSync, appendFileSync } from 'node:fs';

declare const BK_FAILPOINTS: boolean | undefined;

/** What stands in brackets: each name is hit as `name.before` and `name.after`. */
export type FailpointName =
  | 'fs.makeFolder'
  | 'fs.writeTemp'
  | 'fs.copyTemp'
  | 'fs.writePart'
  | 'fs.setModified'
  | 'fs.syncFile'
  | 'fs.rename'
  | 'fs.link'
  | 'fs.syncFolder'
  | 'fs.unlink'
  | 'fs.removeFolder'
  | 'registry.commit'
  | 'workstation.commit'
  | 'hash.read'
  | 'register.hashed'
  | 'scan.batch'
  | 'scan.folder'
  | 'store.read'
  | 'store.put'
  | 'store.putFile'
  | 'store.delete'
  | 'store.begin'
  | 'store.send'
  | 'store.complete'
  | 'store.abort'
  | 'hints.post';

interface Planned {
  name: string;
  hit: number;
  action: string;
}

const enabled = typeof BK_FAILPOINTS === 'undefined' || BK_FAILPOINTS;
const planned: Planned | null = enabled ? parse(process.env['BK_FAILPOINT']) : null;
const trace = enabled ? process.env['BK_FAILPOINT_TRACE'] : undefined;
const hits = new Map<string, number>();

function parse(text: string | undefined): Planned | null {
  const match = /^(?<name>[\w.]+)(?:#(?<hit>\d+))?=(?<action>.+)$/.exec(text ?? '');
  if (!match?.groups) return null;
  return {
    name: match.groups['name'] ?? '',
    hit: Number(match.groups['hit'] ?? 1),
    action: match.groups['action'] ?? '',
  };
}

/** Does what the environment asks for at this place, usually nothing. */
export function failpoint(name: `${FailpointName}.${'before' | 'after'}`): void {
  if (!enabled || (planned === null && trace === undefined)) return;
  const hit = (hits.get(name) ?? 0) + 1;
  hits.set(name, hit);
  if (trace !== undefined) appendFileSync(trace, `${name}#${String(hit)}\n`);
  if (planned?.name === name && planned.hit === hit) act(planned.action, name);
}

/** `kill`, `throw:CODE`, `sleep:MS`, or `pause:FILE` (makes FILE.reached, goes on when FILE exists). */
function act(action: string, name: string): void {
  const [verb, argument = ''] = split(action);
  if (verb === 'kill') process.kill(process.pid, 'SIGKILL');
  else if (verb === 'throw') throw Object.assign(new Error(`${argument}: failpoint ${name}`), { code: argument });
  else if (verb === 'sleep') block(Number(argument));
  else if (verb === 'pause') {
    writeFileSync(`${argument}.reached`, name);
    while (!existsSync(argument)) block(5);
  }
}

function split(action: string): [string, string?] {
  const colon = action.indexOf(':');
  return colon < 0 ? [action] : [action.slice(0, colon), action.slice(colon + 1)];
}

function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Runs an effect of a port between its two failpoints. */
export async function effect<T>(name: FailpointName, run: () => Promise<T>): Promise<T> {
  failpoint(`${name}.before`);
  const result = await run();
  failpoint(`${name}.after`);
  return result;
}
