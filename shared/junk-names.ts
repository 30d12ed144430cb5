/** Names that are never registered: what programs write on the way, and what systems leave lying about. Data. */
import { OWN_FOLDER } from './keys.ts';

/** Whole names, or patterns with one `*` (as in `shared/glob`, case ignored), with the reason that the inbox shows. */
export const JUNK_NAMES: readonly (readonly [pattern: string, reason: string])[] = [
  [OWN_FOLDER, "Benchkeep's own files"],
  ['~$*', 'Lock file of an open Office document'],
  ['.~lock*', 'Lock file of an open LibreOffice document'],
  ['*.laccdb', 'Lock file of an open Access database'],
  ['*.tmp', 'Temporary file'],
  ['*.temp', 'Temporary file'],
  ['*~', 'Backup of a text editor'],
  ['.#*', 'Lock file of a text editor'],
  ['*.swp', 'Temporary file of a text editor'],
  ['*.part', 'Download or copy that is not finished'],
  ['*.partial', 'Download or copy that is not finished'],
  ['*.filepart', 'Download or copy that is not finished'],
  ['*.crdownload', 'Download that is not finished'],
  ['*.download', 'Download that is not finished'],
  ['*.!ut', 'Download that is not finished'],
  ['.rsync-tmp', 'Copy that is not finished'],
  ['.~tmp~', 'Copy that is not finished'],
  ['.syncthing.*', 'Copy that is not finished'],
  ['.nfs*', 'Left by a network drive for a file still open'],
  ['.smbdelete*', 'Left by a network drive for a file still open'],
  ['.fuse_hidden*', 'Left by a drive for a file still open'],
  ['.ds_store', 'View settings of macOS'],
  ['._*', 'Extra data of macOS beside a file'],
  ['.apdisk', 'Extra data of macOS'],
  ['.appledouble', 'Extra data of macOS'],
  ['.spotlight-v100', 'Search index of macOS'],
  ['.fseventsd', 'Log of macOS'],
  ['.temporaryitems', 'Temporary files of macOS'],
  ['.documentrevisions-v100', 'Old versions kept by macOS'],
  ['icon\r', 'Folder icon of macOS'],
  ['.trash*', 'Trash of the system'],
  ['$recycle.bin', 'Trash of the system'],
  ['recycler', 'Trash of the system'],
  ['#recycle', 'Trash of a network storage'],
  ['@eadir', 'Thumbnails of a network storage'],
  ['thumbs.db', 'Thumbnails of Windows'],
  ['ehthumbs.db', 'Thumbnails of Windows'],
  ['desktop.ini', 'Folder settings of Windows'],
  ['system volume information', "The system's own folder"],
  ['lost+found', "The system's own folder"],
  ['.directory', 'Folder settings of KDE'],
];

// A scan asks for every file: whole names are looked up, the others are a beginning and an end around one `*`.
const WHOLE = new Map(JUNK_NAMES.filter(([pattern]) => !pattern.includes('*')));
const PARTS = JUNK_NAMES.filter(([pattern]) => pattern.includes('*')).map(([pattern, reason]) => {
  const [begin = '', end = ''] = pattern.split('*');
  return { begin, end, shortest: begin.length + end.length, reason };
});

/**
 * Why a file or folder of this name is left out (with everything in it), or null. `name`: one part of a path.
 * Folders of programs, such as `.git`, are not junk: code lies beside data, and a watch rule can exclude it.
 */
export function junkReason(name: string): string | null {
  const folded = name.toLowerCase();
  const whole = WHOLE.get(folded);
  if (whole !== undefined) return whole;
  for (const { begin, end, shortest, reason } of PARTS) {
    if (folded.length >= shortest && folded.startsWith(begin) && folded.endsWith(end)) return reason;
  }
  return null;
}
