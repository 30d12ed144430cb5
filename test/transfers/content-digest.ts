/** What says of a file, of a folder, or of the objects of one, that it is the same content. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

export function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Of files by their paths. */
export function digestOfFiles(digests: ReadonlyMap<string, string>): string {
  return digestOf(Buffer.from(JSON.stringify([...digests].sort(([a], [b]) => (a < b ? -1 : 1)))));
}

export function digestAt(path: string): string {
  if (!statSync(path).isDirectory()) return digestOf(readFileSync(path));
  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return digestOfFiles(
    new Map(
      files.map(({ parentPath, name }) => {
        const file = join(parentPath, name);
        return [file.slice(path.length + 1), digestOf(readFileSync(file))];
      }),
    ),
  );
}
