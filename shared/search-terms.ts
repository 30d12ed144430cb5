/**
 * What searching compares: one form of every text and of what a person types. Case, accents, the two Unicode forms of
 * a letter and the kind of separator don't matter. Index, filters and in-memory matching all use these functions.
 */

/**
 * Stands before each word instead of what separates it from the word before, so that "begins a word" is a substring
 * too: with it even a prefix of two letters is three characters long, which is what the index is made of.
 */
export const WORD_START = '\u0001';

/** A word is a run of letters and digits; scripts without spaces have a word in each character. */
const WORD =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])[\p{L}\p{N}\p{M}])+/gu;
const ACCENTS = /[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]/gu;
const LONE_SURROGATES = /\p{Surrogate}/gu;
const ASCII = /^[\0-\x7f]*$/;
/** More words than this narrow nothing any more and only cost time. */
const MOST_TERMS = 20;

/** `text` without case, accents and compatibility forms (NFKD): `Größe` and `GRO\u0308ßE` are both `große`. */
export function foldText(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  return text.replace(LONE_SURROGATES, ' ').normalize('NFKD').replace(ACCENTS, '').toLowerCase().replaceAll('ς', 'σ');
}

/** The words of `text`, folded, each after a `WORD_START`; '' where there is none. */
export function searchableText(text: string): string {
  if (ASCII.test(text)) {
    const marked = text.toLowerCase().replace(/[^a-z0-9]+/g, WORD_START);
    const begun = marked.startsWith(WORD_START) ? marked : WORD_START + marked;
    return begun.endsWith(WORD_START) ? begun.slice(0, -1) : begun;
  }
  let marked = '';
  for (const word of foldText(text).match(WORD) ?? []) marked += WORD_START + word;
  return marked;
}

/**
 * What a person typed, as substrings that a searchable text must all have: a word of two letters begins a word, one of
 * three or more may also lie inside one. Single letters are left out; an empty list restricts nothing.
 */
export function searchTerms(typed: string): string[] {
  const terms = new Set<string>();
  for (const word of typed.split(/\s+/u)) {
    const marked = searchableText(word);
    const letters = [...marked.replaceAll(WORD_START, '')].length;
    if (letters < 2) continue;
    const first = marked.slice(1).split(WORD_START, 1)[0] ?? '';
    terms.add([...first].length >= 3 ? marked.slice(1) : marked);
    if (terms.size === MOST_TERMS) break;
  }
  return [...terms];
}

/** True where `texts` (of one record) have every term. */
export function matchesTerms(texts: readonly (string | null)[], terms: readonly string[]): boolean {
  const marked = texts.map((text) => searchableText(text ?? '')).join('');
  return terms.every((term) => marked.includes(term));
}
