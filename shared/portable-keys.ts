/**
 * Keys that some file system can't hold (Windows names, after Microsoft's "Naming Files, Paths, and Namespaces"). They
 * are kept as they are; a download gets the portable name.
 */

export interface KeyWarning {
  segment: string;
  /** One plain sentence. */
  reason: string;
}

export interface PortableKey {
  /** The key with each part mapped to a name that every file system can hold; the same key where all is well. */
  key: string;
  warnings: KeyWarning[];
}

const RESERVED = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?=$|[ .])/i;
const FORBIDDEN = /[<>:"|?*\\\u0000-\u001f]/g; // eslint-disable-line no-control-regex
/** Of one name, in UTF-16 units as Windows counts and in bytes of UTF-8 as Linux counts. */
const LONGEST_NAME = 255;

/** Rules of names only; two parts that differ only in case are for the caller, who knows the siblings. */
export function portableKeyWarnings(key: string): PortableKey {
  const warnings: KeyWarning[] = [];
  const segments = key.split('/').map((segment) => {
    const { name, reasons } = portableName(segment);
    for (const reason of reasons) warnings.push({ segment, reason });
    return name;
  });
  return { key: segments.join('/'), warnings };
}

function portableName(segment: string): { name: string; reasons: string[] } {
  const reasons: string[] = [];
  let name = segment;
  const change = (changed: string, reason: string): void => {
    if (changed === name) return;
    name = changed;
    reasons.push(reason);
  };
  change(name.replace(FORBIDDEN, '_'), 'Windows can\'t hold names with < > : " | ? * or a backslash.');
  change(
    name.replace(/[. ]+$/, (end) => '_'.repeat(end.length)),
    'Windows drops dots and spaces at the end of a name.',
  );
  change(name.replace(RESERVED, '$1_'), 'Windows keeps this name for a device.');
  change(shortened(name), `Most disks hold names of at most ${String(LONGEST_NAME)} bytes.`);
  return { name, reasons };
}

/** Cut before the ending, so that the ending (at most 32 characters) stays. */
function shortened(name: string): string {
  if (utf8Length(name) <= LONGEST_NAME) return name;
  const dot = name.indexOf('.', Math.max(1, name.length - 32));
  const ending = dot < 0 || utf8Length(name.slice(dot)) > LONGEST_NAME / 2 ? '' : name.slice(dot);
  const stem = [...name.slice(0, name.length - ending.length)];
  let room = LONGEST_NAME - utf8Length(ending);
  let kept = '';
  for (const character of stem) {
    room -= utf8Length(character);
    if (room < 0) break;
    kept += character;
  }
  return (kept + ending).replace(/[. ]+$/, (end) => '_'.repeat(end.length));
}

function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
