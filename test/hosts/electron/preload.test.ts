/** Item 20: what the preload script, built as it is shipped, gives to the page. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { build } from 'vite';
import { beforeAll, describe, expect, it } from 'vitest';

let code = '';
beforeAll(async () => {
  const configFile = join(import.meta.dirname, '../../../vite.config.preload.ts');
  const result = await build({ configFile, build: { write: false }, logLevel: 'error' });
  const outputs = [result].flat().flatMap((one) => ('output' in one ? one.output : []));
  expect(outputs.map((output) => output.fileName)).toEqual(['preload.cjs']);
  const [output] = outputs;
  code = output?.type === 'chunk' ? output.code : '';
});

interface Page {
  exposed: Record<string, unknown>;
  posted: unknown[][];
  sent: unknown[][];
  required: string[];
  channels: Record<string, (event: object) => void>;
  events: Record<string, () => void>;
}

/** Runs the script as a sandboxed preload: a `require` that knows only Electron, a window, and nothing of Node. */
function run(): Page {
  const page: Page = { exposed: {}, posted: [], sent: [], required: [], channels: {}, events: {} };
  const electron = {
    contextBridge: { exposeInMainWorld: (name: string, value: unknown) => (page.exposed[name] = value) },
    ipcRenderer: {
      on: (channel: string, listener: (event: object) => void) => (page.channels[channel] = listener),
      send: (...args: unknown[]) => page.sent.push(args),
    },
    webUtils: { getPathForFile: (file: { path: string }) => file.path },
  };
  const window = {
    postMessage: (...args: unknown[]) => page.posted.push(args),
    addEventListener: (name: string, listener: () => void) => (page.events[name] = listener),
  };
  const require = (name: string): unknown => {
    page.required.push(name);
    return name === 'electron' ? electron : createRequire(import.meta.url)('node:fail');
  };
  runInNewContext(code, {
    require,
    window,
    location: { origin: 'app://bundle' },
    exports: {},
    module: { exports: {} },
  });
  return page;
}

describe('20: the preload script', () => {
  it('is one CommonJS file that needs Electron alone', () => {
    expect(new Set(run().required)).toEqual(new Set(['electron']));
    expect(code).not.toMatch(/^\s*(?:import|export)\s/m);
  });

  it('gives the page one frozen object with a word and one function', () => {
    const { exposed } = run();
    expect(Object.keys(exposed)).toEqual(['benchkeep']);
    const benchkeep = exposed['benchkeep'] as { host: string; pathOf: (file: object) => string };
    expect(Object.isFrozen(benchkeep)).toBe(true);
    expect(Reflect.ownKeys(benchkeep)).toEqual(['host', 'pathOf']);
    expect(benchkeep.host).toBe('electron');
    expect(benchkeep.pathOf({ path: '/data/a.csv' })).toBe('/data/a.csv');
    expect(Reflect.ownKeys(benchkeep.pathOf).filter((key) => key !== 'length' && key !== 'name')).toEqual([]);
  });

  it('asks for the port when the page is there, with nothing but the channel', () => {
    const page = run();
    expect(page.sent).toEqual([]);
    expect(Object.keys(page.events)).toEqual(['DOMContentLoaded']);
    page.events['DOMContentLoaded']?.();
    expect(page.sent).toEqual([['benchkeep-port']]);
  });

  it('hands over the port alone, to its own origin alone; never the event', () => {
    const page = run();
    expect(Object.keys(page.channels)).toEqual(['benchkeep-port']);
    const ports = [{}];
    page.channels['benchkeep-port']?.({ ports, sender: 'secret' });
    expect(page.posted).toEqual([['benchkeep-port', 'app://bundle', ports]]);
  });
});
