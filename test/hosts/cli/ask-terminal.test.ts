/** S-18: what a person types as a secret is not shown. */
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { askTerminal } from '../../../src-main/hosts/cli/ask-terminal.ts';

function terminal() {
  const raw: boolean[] = [];
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (on: boolean) => raw.push(on) });
  const stop = new AbortController();
  let shown = '';
  const ask = askTerminal({ input: () => input, write: (text) => (shown += text), signal: stop.signal });
  return { ask, input, stop, raw, shown: () => shown };
}

describe('asking on the terminal', () => {
  it('S-18 shows what is typed where it may be seen, and nothing of a secret, not even its length', async () => {
    const { ask, input, raw, shown } = terminal();
    const open = ask('Access key', { hidden: false });
    input.write('AKx\u007fY\r');
    expect(await open).toBe('AKY');
    const before = shown();
    expect(before).toBe('Access key: AKx\b \bY\n');
    const hidden = ask('Secret key', { hidden: true });
    input.write('canary\u007f');
    input.write('y/+\n');
    expect(await hidden).toBe('canary/+');
    expect(shown().slice(before.length)).toBe('Secret key: \n');
    // The terminal is as it was.
    expect(raw).toEqual([true, false, true, false]);
  });

  it('ends with Ctrl-C, and when the command is stopped', async () => {
    const first = terminal();
    const typed = first.ask('Secret key', { hidden: true });
    first.input.write('canary\u0003');
    await expect(typed).rejects.toMatchObject({ code: 'cancelled' });
    const second = terminal();
    const waiting = second.ask('Secret key', { hidden: true });
    second.stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    expect(second.raw).toEqual([true, false]);
  });

  it('takes lines of an input that is no terminal, and says so where there are none', async () => {
    const signal = new AbortController().signal;
    let shown = '';
    const ask = askTerminal({
      input: () => Readable.from(['key\nsec', 'ret\n']),
      write: (text) => (shown += text),
      signal,
    });
    expect(await ask('Access key', { hidden: false })).toBe('key');
    expect(await ask('Secret key', { hidden: true })).toBe('secret');
    await expect(ask('Token', { hidden: true })).rejects.toMatchObject({ code: 'invalid_argument' });
    expect(await ask('Token (empty for none)', { hidden: true, optional: true })).toBe('');
    expect(shown).toBe('');
  });
});
