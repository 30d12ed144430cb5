/**
 * Patterns for file names: `*` any characters of one name, `?` one character, `**` any folders, `{a,b}` either.
 * Everything else stands for itself. A pattern without `/` is compared with the last part of the path, one with `/`
 * with the whole path. Both Unicode forms of a letter are equal. The work is at most pattern × path, whatever the
 * pattern: no pattern is turned into a regular expression.
 */
import { BenchkeepError } from './errors.ts';

export interface GlobOptions {
  /** Default false. */
  ignoreCase?: boolean;
}

/** Characters of the longest pattern. */
export const LONGEST_GLOB = 500;

/** Compares one path; for many, compile once with `compileGlob`. */
export function matchGlob(pattern: string, path: string, options: GlobOptions = {}): boolean {
  return compileGlob(pattern, options)(path);
}

/** A function that says whether a path (relative, with `/`) fits. Throws `invalid_argument` for a pattern over 500 characters. */
export function compileGlob(pattern: string, options: GlobOptions = {}): (path: string) => boolean {
  if (pattern === '' || pattern.length > LONGEST_GLOB) {
    throw new BenchkeepError(
      'invalid_argument',
      pattern === '' ? 'The pattern is empty' : `The pattern is longer than ${String(LONGEST_GLOB)} characters`,
      'Use a short pattern such as *.fcs or run*/**.',
    );
  }
  const fold = (text: string): string => {
    const composed = text.normalize('NFC');
    return options.ignoreCase ? composed.toLowerCase() : composed;
  };
  const wholePath = pattern.includes('/');
  const matches = compileSimple(fold(pattern)) ?? compileStates(fold(pattern));
  return (path) => matches(fold(wholePath ? path : path.slice(path.lastIndexOf('/') + 1)));
}

/** Most patterns are a name, or a beginning and an end around one `*`: compared without stepping through states. */
function compileSimple(pattern: string): ((text: string) => boolean) | null {
  if (/[?{}/]|\*.*\*/su.test(pattern)) return null;
  const star = pattern.indexOf('*');
  if (star < 0) return (text) => text === pattern;
  const begin = pattern.slice(0, star);
  const end = pattern.slice(star + 1);
  return (text) => text.length >= begin.length + end.length && text.startsWith(begin) && text.endsWith(end);
}

/** What a state takes: one character, any of a name, or any at all. */
type Takes = { is: string } | 'name' | 'any';

/** States of a nondeterministic automaton: a state with `takes` moves to `next[0]`; one without goes to all of `next`. */
interface State {
  takes: Takes | null;
  next: number[];
}

function compileStates(pattern: string): (text: string) => boolean {
  const states: State[] = [];
  const add = (takes: Takes | null): number => states.push({ takes, next: [] }) - 1;
  const accept = add(null);
  const characters = [...pattern];
  const whole: Span = { from: 0, to: characters.length, begins: true, ends: true };
  const start = compileSequence({ characters, states, add, closing: closingBraces(characters) }, whole, accept);
  return (text) => run(states, start, accept, text);
}

interface Build {
  characters: string[];
  states: State[];
  add: (takes: Takes | null) => number;
  /** Of each `{` that is closed the commas at its level and its `}`, in order. */
  closing: Map<number, number[]>;
}

/** Part of the pattern, and whether it begins a name (or the path) and ends the path: there `**` means folders. */
interface Span {
  from: number;
  to: number;
  begins: boolean;
  ends: boolean;
}

/** Built from the end: returns the state at which `span` begins and after which `then` comes. */
function compileSequence(build: Build, span: Span, then: number): number {
  return piecesOf(build, span).reduceRight((next, piece) => compilePiece(build, piece, next), then);
}

type Piece = { kind: 'one' | 'many'; takes: Takes } | { kind: 'folders' } | { kind: 'either'; choices: Span[] };

function piecesOf({ characters, closing }: Build, span: Span): Piece[] {
  const pieces: Piece[] = [];
  let i = span.from;
  while (i < span.to) {
    const character = characters[i] ?? '';
    const begins = i === span.from ? span.begins : characters[i - 1] === '/';
    const bounds = character === '{' ? closing.get(i) : undefined;
    if (bounds !== undefined) {
      const end = (bounds.at(-1) ?? i) + 1;
      const ends = span.ends && end === span.to;
      pieces.push({
        kind: 'either',
        choices: bounds.map((to, n) => ({ from: (bounds[n - 1] ?? i) + 1, to, begins, ends })),
      });
      i = end;
    } else if (character === '*') {
      let end = i + 1;
      while (end < span.to && characters[end] === '*') end++;
      const folders = begins && end - i === 2;
      if (folders && end < span.to && characters[end] === '/') {
        pieces.push({ kind: 'folders' });
        i = end + 1;
      } else {
        pieces.push({ kind: 'many', takes: folders && span.ends && end === span.to ? 'any' : 'name' });
        i = end;
      }
    } else {
      pieces.push({ kind: 'one', takes: character === '?' ? 'name' : { is: character } });
      i += 1;
    }
  }
  return pieces;
}

function compilePiece(build: Build, piece: Piece, next: number): number {
  const { add, states } = build;
  const link = (from: number, ...to: number[]): number => {
    states[from]?.next.push(...to);
    return from;
  };
  switch (piece.kind) {
    case 'one':
      return link(add(piece.takes), next);
    case 'many': {
      const fork = add(null);
      return link(fork, link(add(piece.takes), fork), next);
    }
    case 'folders': {
      // Nothing, or anything that ends in a slash.
      const fork = add(null);
      const skip = add(null);
      link(skip, link(add('any'), skip), link(add({ is: '/' }), next));
      return link(fork, skip, next);
    }
    case 'either': {
      const fork = add(null);
      for (const choice of piece.choices) link(fork, compileSequence(build, choice, next));
      return fork;
    }
  }
}

function closingBraces(characters: readonly string[]): Map<number, number[]> {
  const closing = new Map<number, number[]>();
  const open: { at: number; bounds: number[] }[] = [];
  characters.forEach((character, i) => {
    if (character === '{') open.push({ at: i, bounds: [] });
    else if (character === ',') open.at(-1)?.bounds.push(i);
    else if (character === '}') {
      const closed = open.pop();
      if (closed !== undefined) closing.set(closed.at, [...closed.bounds, i]);
    }
  });
  return closing;
}

/** Follows all states at once: each character costs at most the number of states. */
function run(states: readonly State[], start: number, accept: number, text: string): boolean {
  const seen = new Int32Array(states.length).fill(-1);
  let step = 0;
  let now: number[] = [];
  const enter = (into: number[], first: number): void => {
    const waiting = [first];
    for (let state = waiting.pop(); state !== undefined; state = waiting.pop()) {
      if (seen[state] === step) continue;
      seen[state] = step;
      into.push(state);
      const { takes, next } = states[state] ?? { takes: null, next: [] };
      if (takes === null) waiting.push(...next);
    }
  };
  enter(now, start);
  for (const character of text) {
    step += 1;
    const following: number[] = [];
    for (const state of now) {
      const { takes, next } = states[state] ?? { takes: null, next: [] };
      if (takes !== null && taken(takes, character)) enter(following, next[0] ?? accept);
    }
    if (following.length === 0) return false;
    now = following;
  }
  return now.includes(accept);
}

function taken(takes: Takes, character: string): boolean {
  if (takes === 'any') return true;
  return takes === 'name' ? character !== '/' : takes.is === character;
}
