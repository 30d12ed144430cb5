/** Whatever a client sends, as the frames that go over the wire: it is refused in words or done, and nothing else breaks. */
import { MessageChannel } from 'node:worker_threads';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { contract } from '../../shared/contract/index.ts';
import { openEngine, type Engine } from '../../src-main/engine/open-engine.ts';
import { rawToDisplay } from '../../src-main/ports/fs/raw-path.ts';
import { makeBench, type Bench } from '../instance/open-bench.ts';
import { noKeychain } from '../../src-main/hosts/no-keychain.ts';

let bench: Bench;
let engine: Engine;
let send: (procedure: string, body: string) => Promise<string>;
const registry = (): string => join(rawToDisplay(engine.context.services().context.folder), 'registry.db');

beforeAll(async () => {
  bench = makeBench();
  await (await bench.instance()).open.close();
  engine = await openEngine(
    { home: bench.home, instance: null, watch: false, listen: false, threads: false },
    {
      capabilities: { kind: 'cli', folder_picker: false, reveal: false, dropped_paths: false, keychain: false },
      pickFolder: () => Promise.resolve(null),
      pickFiles: () => Promise.resolve([]),
      reveal: () => Promise.resolve(),
      ...noKeychain,
    },
  );
  const { port1, port2 } = new MessageChannel();
  engine.attach(port1);
  const waiting = new Map<string, (answer: string) => void>();
  port2.on('message', (frame: string) => {
    const id = (JSON.parse(frame) as { i: string }).i;
    waiting.get(id)?.(frame);
    waiting.delete(id);
  });
  port2.on('close', () => {
    for (const answer of waiting.values()) answer('closed');
  });
  let calls = 0;
  send = (procedure, body) =>
    new Promise((resolve) => {
      const id = String(++calls);
      waiting.set(id, resolve);
      port2.postMessage(`{"i":"${id}","p":{"u":"/${procedure}","b":${body}}}`);
    });
});
afterAll(async () => {
  await engine.close();
  await bench.remove();
});

interface Procedure {
  name: string;
  fields: Record<string, unknown>;
}

/** Every procedure with a value of the right type for each field that it must have. */
function procedures(): Procedure[] {
  const found: Procedure[] = [];
  for (const [group, members] of Object.entries(contract)) {
    for (const [name, procedure] of Object.entries(members as Record<string, unknown>)) {
      const schema = (procedure as { '~orpc': { inputSchema: z.ZodType } })['~orpc'].inputSchema;
      const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as {
        properties?: Record<string, { type?: string; anyOf?: { type?: string }[] }>;
      };
      const fields = Object.entries(json.properties ?? {}).map(([field, { type, anyOf }]): [string, unknown] => [
        field,
        plain(type ?? anyOf?.[0]?.type),
      ]);
      found.push({ name: `${group}/${name}`, fields: Object.fromEntries(fields) });
    }
  }
  // They never answer by themselves, or end the engine that is asked.
  return found.filter(({ name }) => !['changes/events', 'instance/disconnect', 'watching/once'].includes(name));
}

function plain(type: string | undefined): unknown {
  if (type === 'array') return ['no-such-thing'];
  if (type === 'integer' || type === 'number') return 1;
  if (type === 'boolean') return false;
  return type === 'object' ? {} : 'no-such-thing';
}

/** JSON text, for not everything that a client can write comes out of JSON.stringify. */
const HOSTILE: readonly [what: string, json: string][] = [
  ['10 MB of text', JSON.stringify('x'.repeat(10_000_000))],
  ['a NUL', '"a\\u0000b"'],
  ['half a character', '"a\\ud800"'],
  ['2^63', '9223372036854775808'],
  ['1e400', '1e400'],
  ['a negative number', '-1'],
  ['a fraction', '0.5'],
  ['a list of a list', '[[[]]]'],
  ['a list of nothing', '[null]'],
  ['200,000 entries', JSON.stringify(Array.from({ length: 200_000 }, () => 'x'))],
  ['an object', '{"length":5}'],
  ['a prototype', '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'],
  ['the name of a prototype', '"__proto__"'],
  ['true', 'true'],
  ['nothing', 'null'],
  ['a deep nest', `${'['.repeat(5000)}${']'.repeat(5000)}`],
];

function polluted(): boolean {
  return 'polluted' in {} || 'polluted' in [] || 'polluted' in Function.prototype;
}

/** The code of the error in an answer; null where it is none. */
function codeOf(answer: string): string | null {
  return /"code":"(?<code>[a-z_]+)"/.exec(answer)?.groups?.['code'] ?? null;
}

test(
  'F-DB22, S-06 hostile values in any field of any procedure are refused in words, and harm nothing',
  { timeout: 120_000 },
  async () => {
    const all = procedures();
    expect(all.length).toBeGreaterThan(30);
    const strange: string[] = [];
    for (const { name, fields } of all) {
      for (const field of Object.keys(fields)) {
        for (const [what, json] of HOSTILE) {
          const others = Object.entries(fields).filter(([other]) => other !== field);
          const members = [
            ...others.map(([other, value]) => `${JSON.stringify(other)}:${JSON.stringify(value)}`),
            `${JSON.stringify(field)}:${json}`,
          ];
          const answer = await send(name, `{"json":{${members.join(',')}}}`);
          if (answer === 'closed' || codeOf(answer) === 'internal' || answer.length > 20_000)
            strange.push(`${name}.${field}: ${what}: ${answer.slice(0, 300)}`);
        }
      }
    }
    expect(strange).toEqual([]);
    expect(polluted()).toBe(false);
    const db = new Database(registry(), { readonly: true });
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    db.close();
    expect(await send('instance/info', '{"json":{}}')).toContain('"name":"lab"');
  },
);

test.each([
  ['keys', '{"json":{"__proto__":{"polluted":true},"limit":1}}'],
  ['a path of the wire format', '{"json":{"limit":1},"meta":[[1,"__proto__","polluted"]]}'],
  ['a path through a constructor', '{"json":{"limit":1},"meta":[[1,"constructor","prototype","polluted"]]}'],
  [
    'an own prototype and a path',
    '{"json":{"__proto__":{"polluted":"1970-01-01"}},"meta":[[1,"__proto__","polluted"]]}',
  ],
])('S-06 %s can not reach the prototype of all objects', async (_, body) => {
  for (const procedure of ['artifacts/list', 'changes/view', 'watching/rule', 'settings/set'])
    await send(procedure, body);
  expect(polluted()).toBe(false);
});

test('F-DB22 what is bounded is bounded at its bound', async () => {
  const name = (length: number): string => JSON.stringify({ json: { name: 'x'.repeat(length) } });
  expect(codeOf(await send('labels/create', name(200)))).toBeNull();
  expect(codeOf(await send('labels/create', name(201)))).toBe('invalid_argument');
});

test('F-DB22 numbers beyond what is exact are refused in filters, not rounded', async () => {
  for (const filter of [
    'size=9223372036854775808',
    'size>=1e400',
    'size<-9223372036854775809',
    'size=9007199254740993',
  ]) {
    const answer = await send('artifacts/list', JSON.stringify({ json: { filters: [filter] } }));
    expect([filter, codeOf(answer)]).toEqual([filter, 'invalid_filter']);
  }
});
