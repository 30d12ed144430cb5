/** What moves or removes bytes, and the disk that its bytes are on: those whose power is cut. */
export const CUT_OPERATIONS = [
  ['save a file, a version and a folder', 'lab'],
  ['replace a file and a folder', 'lab'],
  ['delete for good', 'lab'],
  ['rename a file with its key', 'kept'],
  ['delete for good with the file', 'kept'],
  ['restore a backup', 'home'],
] as const;
