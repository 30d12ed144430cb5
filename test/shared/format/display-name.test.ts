import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { displayName, escapeForDisplay } from '../../../shared/format/display-name.ts';

const bytes = (...parts: (string | number[])[]): Uint8Array =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string)));

describe('F-IN19 displayName', () => {
  it.each([
    [bytes('plate 1.fcs'), 'plate 1.fcs'],
    [bytes('Größe 測定 🧬'), 'Größe 測定 🧬'],
    [bytes('Gr', [0xf6], 'sse.csv'), 'Gr%F6sse.csv'],
    [bytes([0xff, 0xfe], 'a'), '%FF%FEa'],
    [bytes('a', [0xc3]), 'a%C3'],
    [bytes([0xe2, 0x82], 'x'), '%E2%82x'],
    [bytes([0xc0, 0xaf]), '%C0%AF'],
    [bytes([0xed, 0xa0, 0x80]), '%ED%A0%80'],
    [bytes([0xf4, 0x90, 0x80, 0x80]), '%F4%90%80%80'],
    [bytes('100%.csv'), '100%.csv'],
    [bytes([0xef, 0xbb, 0xbf], 'bom'), '\ufeffbom'],
    [bytes(''), ''],
  ])('%j', (name, text) => {
    expect(displayName(name)).toBe(text);
  });

  it('F-IN18 every valid name comes back as its own bytes (property)', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
        (text) => {
          expect(displayName(Buffer.from(text))).toBe(text);
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('F-IN18 no byte of any name is lost: without a literal % the bytes can be read back (property)', () => {
    const anyName = fc.uint8Array({ maxLength: 40 }).map((name) => name.map((byte) => (byte === 0x25 ? 0x26 : byte)));
    fc.assert(
      fc.property(anyName, (name) => {
        const parts = displayName(name).split(/(%[0-9A-F]{2})/);
        const back = Buffer.concat(
          parts.map((part) => (part.startsWith('%') ? Buffer.from(part.slice(1), 'hex') : Buffer.from(part))),
        );
        expect([...back]).toEqual([...name]);
      }),
      { numRuns: 10_000 },
    );
  });
});

describe('F-IN18 escapeForDisplay', () => {
  it.each([
    ['plate 1.fcs', 'plate 1.fcs'],
    ['a\nb\tc\rd', 'a\\nb\\tc\\rd'],
    ['\u202egnp.exe', '\\u202Egnp.exe'],
    ['a\u2066b\u2069', 'a\\u2066b\\u2069'],
    ['\u0000\u001b[31m', '\\u0000\\u001B[31m'],
    ['\u0085\u2028', '\\u0085\\u2028'],
    ['🧬 測 שלום', '🧬 測 שלום'],
  ])('%j → %j', (text, shown) => {
    expect(escapeForDisplay(text)).toBe(shown);
  });

  it('nothing it shows moves the cursor or turns the text around, and showing twice changes nothing (property)', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = escapeForDisplay(text);
        expect(shown).not.toMatch(/\p{Cc}|[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\u2028\u2029]/u);
        expect(escapeForDisplay(shown)).toBe(shown);
      }),
      { numRuns: 5000 },
    );
  });
});
