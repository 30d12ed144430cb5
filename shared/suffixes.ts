/** The suffix of a file or folder name: what says its format. */
import { COMPOSITE_SUFFIXES, ENCODING_SUFFIXES, SIMPLE_SUFFIXES } from './suffix-list.ts';

export interface Suffix {
  /** Lower case with its dot (`.csv`, `.ome.tif`, `.fastq.gz`); '' where the ending is not a known one. */
  suffix: string;
  /** What the name really ends in, as it is written (`.TIF`, `.v2`); '' where it has no ending at all. */
  ending: string;
}

/** An unknown ending: short, without spaces, with a letter; so that "plate 3.5 ul" and "2026.11.03" have none. */
const UNKNOWN_ENDING = /\.(?=[^.]*[A-Za-z])[0-9A-Za-z_+~-]{1,16}$/;

/** Of a name or a path with `/`; only its last part counts. As LaminDB's, with more formats and composites known. */
export function suffixOf(path: string): Suffix {
  const name = path.slice(path.lastIndexOf('/') + 1);
  // Dots at the beginning make a hidden file, not an ending; a name that ends in a dot has none.
  const parts = name.replace(/^\.+/, '').toLowerCase().split('.');
  if (parts.length < 2 || parts.at(-1) === '') return { suffix: '', ending: '' };
  const suffix = knownSuffix(parts.slice(1));
  if (suffix !== '') return { suffix, ending: name.slice(-suffix.length) };
  return { suffix: '', ending: UNKNOWN_ENDING.exec(name)?.[0] ?? '' };
}

/** `parts`: what stands between the dots, without the first, which is the name. */
function knownSuffix(parts: readonly string[]): string {
  const last = parts.at(-1) ?? '';
  if (!ENCODING_SUFFIXES.has(last)) return formatSuffix(parts);
  const before = parts.slice(0, -1);
  // `.h5ad.tar.gz`: an archive of something known keeps its name too.
  if (before.at(-1) === 'tar') return `${formatSuffix(before.slice(0, -1))}.tar.${last}`;
  return `${formatSuffix(before)}.${last}`;
}

function formatSuffix(parts: readonly string[]): string {
  const last = parts.at(-1) ?? '';
  const both = `${parts.at(-2) ?? ''}.${last}`;
  if (COMPOSITE_SUFFIXES.has(both)) return `.${both}`;
  return SIMPLE_SUFFIXES.has(last) ? `.${last}` : '';
}
