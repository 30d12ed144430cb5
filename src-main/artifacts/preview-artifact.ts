/** What a file shows at a glance: a bounded part of it is read, nothing in it is ever run. */
import type { Preview } from '../../shared/contract/index.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import { decodeText } from './decode-text.ts';
import { drawTiff } from './draw-tiff.ts';
import { findArtifact } from './find-artifact.ts';
import { locateContent, type Content } from './locate-content.ts';
import type { ContentContext } from './read-context.ts';
import { readTable } from './read-table.ts';
import { contentName, imageType, isTiff } from './recognise-content.ts';

/** Bytes. */
const MOST_TEXT = 256 * 1024;
const MOST_IMAGE = 10 * 1024 * 1024;
const MOST_TIFF = 64 * 1024 * 1024;

const TABLES: Record<string, string | undefined> = { '.tsv': '\t', '.csv': undefined };

/** Errors: those of `find-artifact` and `locate-content`, and of reading the file. */
export async function previewArtifact(context: ContentContext, input: { artifact: string }): Promise<Preview> {
  const artifact = await findArtifact(context.registry, input.artifact);
  const content = await locateContent(context, artifact);
  return previewContent(context, artifact, content);
}

async function previewContent(
  context: ContentContext,
  artifact: ArtifactRow,
  { path, facts }: Content,
): Promise<Preview> {
  if (facts.kind !== 'file') return none('This is a folder. Its files are not shown here.');
  if (facts.size === 0) return none('This file is empty.');
  const head = await context.fs.readRange(path, 0, Math.min(facts.size, MOST_TEXT));
  const ending = endingOf(artifact);

  const mime = imageType(head, ending);
  if (mime !== null) {
    if (facts.size > MOST_IMAGE) return none('This image is larger than 10 MB: open it in an image viewer.');
    const bytes = facts.size > head.length ? await context.fs.readRange(path, 0, facts.size) : head;
    return { kind: 'image', mime, bytes: bytes.toString('base64'), note: null };
  }
  if (isTiff(head)) return previewTiff(context, path, facts.size);
  const what = contentName(head);
  if (what !== null) return none(`This is ${what}. There is no preview of it yet.`);
  const cut = facts.size > head.length;
  const decoded = decodeText(head, !cut);
  if (decoded === null) return none('This file is not text, and there is no preview of its kind yet.');
  if (Object.hasOwn(TABLES, ending)) {
    const table = readTable(decoded.text, cut, TABLES[ending]);
    if (table !== null) return { kind: 'table', ...table };
  }
  return { kind: 'text', text: decoded.text, truncated: cut };
}

async function previewTiff({ fs }: ContentContext, path: RawPath, size: number): Promise<Preview> {
  if (size > MOST_TIFF) return none('This image is larger than 64 MB: open it in an image viewer.');
  const drawn = await drawTiff(await fs.readRange(path, 0, size));
  if (drawn === null) return none('This is a TIFF image of a kind that is not shown here: open it in an image viewer.');
  const { png, note } = drawn;
  return { kind: 'image', mime: 'image/png', bytes: Buffer.from(png).toString('base64'), note };
}

/** The ending of its name: the suffix knows only what the registry knows. */
function endingOf({ key, suffix }: ArtifactRow): string {
  const name = key?.slice(key.lastIndexOf('/') + 1) ?? '';
  return (/\.[^.]+$/.exec(name)?.[0] ?? suffix).toLowerCase();
}

function none(reason: string): Preview {
  return { kind: 'none', reason };
}
