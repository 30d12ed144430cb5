import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planRegistration, type RegistrationFacts } from '../../src-main/artifacts/plan-registration.ts';

/** Few contents, so that equal ones meet; two of them have the same ends and size, as LaminDB's hash allows. */
const CONTENTS = [
  { size: 0, hash: 'empty', sha256: 'E' },
  { size: 3, hash: 'small', sha256: 'A' },
  { size: 3, hash: 'other', sha256: 'B' },
  { size: 60_000_000, hash: 'ends', sha256: 'C' },
  { size: 60_000_000, hash: 'ends', sha256: 'D' },
] as const;
type Content = (typeof CONTENTS)[number];

const content = fc.constantFrom(...CONTENTS);
const state = fc.constantFrom<'ok' | 'changed' | 'missing'>('ok', 'changed', 'missing');
/** What was read of a file now: all of it, or its ends only. */
const read = fc.record({ now: content, wholly: fc.boolean() });
const factsOf = ({
  now,
  wholly,
}: {
  now: Content;
  wholly: boolean;
}): Pick<RegistrationFacts, 'size' | 'hash' | 'sha256'> => ({
  size: now.size,
  hash: now.hash,
  sha256: wholly ? now.sha256 : null,
});
const verified = (of: Content, is: 'ok' | 'changed' | 'missing') => ({ ...of, state: is, visibility: 1 }) as const;
const unverified = (of: Content) => ({ ...of, sha256: null, state: 'unverified', visibility: 1 }) as const;

describe('a path of nobody', () => {
  it('is an artifact of its own, whatever it holds', () => {
    fc.assert(
      fc.property(read, (file) => {
        expect(planRegistration({ ...factsOf(file), existing: null, tombstone: null })).toEqual({ kind: 'new' });
      }),
    );
  });

  it('stays away while it may be what was removed on purpose, and comes back with other content', () => {
    fc.assert(
      fc.property(read, fc.option(content), (file, removed) => {
        const tombstone = { sha256: removed?.sha256 ?? null };
        const isOther = file.wholly && removed !== null && removed !== file.now;
        const { kind } = planRegistration({ ...factsOf(file), existing: null, tombstone });
        expect(kind).toBe(isOther ? 'new' : 'tombstone');
      }),
    );
  });
});

describe('a path of an artifact that was read wholly', () => {
  it('is known for the same content and a version for any other, and is never taken for the same by its ends', () => {
    fc.assert(
      fc.property(content, content, state, (before, now, is) => {
        const plan = planRegistration({ ...now, existing: verified(before, is), tombstone: null });
        expect(plan).toEqual(before === now ? { kind: 'known', heal: is !== 'ok' } : { kind: 'version' });
      }),
    );
  });
});

describe('a file of which only the ends were read', () => {
  it('says nothing of an artifact with the same ends, be it read wholly meanwhile or not', () => {
    fc.assert(
      fc.property(content, content, state, fc.boolean(), (before, now, is, wasWhole) => {
        const sameEnds = before.size === now.size && before.hash === now.hash;
        const existing = wasWhole ? verified(before, is) : unverified(before);
        const plan = planRegistration({ ...now, sha256: null, existing, tombstone: null });
        expect(plan).toEqual(sameEnds ? { kind: 'known', heal: false } : { kind: 'version' });
      }),
    );
  });
});

describe('a path of an artifact that was read by its ends', () => {
  it('is completed by all of it, and is a version where size or ends differ', () => {
    fc.assert(
      fc.property(content, read, (before, file) => {
        const sameEnds = before.size === file.now.size && before.hash === file.now.hash;
        const whole = file.wholly ? { kind: 'verified' } : { kind: 'known', heal: false };
        const plan = planRegistration({ ...factsOf(file), existing: unverified(before), tombstone: null });
        expect(plan).toEqual(sameEnds ? whole : { kind: 'version' });
      }),
    );
  });
});

it('is at rest: what was written by a plan is known to the next look at the same content', () => {
  fc.assert(
    fc.property(content, fc.option(content), state, (now, before, is) => {
      const existing = before === null ? null : verified(before, is);
      const { kind } = planRegistration({ ...now, existing, tombstone: null });
      expect(kind).not.toBe('tombstone');
      const again = planRegistration({ ...now, existing: verified(now, 'ok'), tombstone: null });
      expect(again).toEqual({ kind: 'known', heal: false });
    }),
  );
});
