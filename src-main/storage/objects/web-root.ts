/** Places that are only read: a web server, a repository of Hugging Face. */
import { BenchkeepError } from '../../../shared/errors.ts';

export interface WebRoot {
  /** Read from a registry, which others write, too; else a person gave it here. */
  fromRegistry?: boolean;
  type: 'https' | 'hf';
  /** `https://host[:port]`, `hf://[datasets/|spaces/]owner/name[@rev]`. */
  root: string;
}

export interface HfRoot {
  repo: { type: 'model' | 'dataset' | 'space'; name: string };
  /** Branch, tag or commit; null for the main branch. */
  revision: string | null;
  /** Path in the repository; empty for all of it. */
  path: string;
}

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?$/;
/** What gives whoever knows the address a right that others have not. */
const SECRET = /(?:signature|sig|token|secret|password|credential|key|auth|jwt|expires)/i;

/** Null for what is no such address. Errors: `invalid_argument`. */
export function parseWebAddress(text: string): { root: WebRoot; key: string } | null {
  if (/^hf:\/\//i.test(text)) {
    const { repo, revision, path } = parseHf(text);
    return { root: { type: 'hf', root: hfRootText(repo, revision) }, key: path };
  }
  if (/^http:\/\//i.test(text)) {
    throw notValid(text, 'what comes by http can be changed by anybody on the way', 'Give it with https://.');
  }
  if (!/^https:\/\//i.test(text)) return null;
  if (!URL.canParse(text)) throw notValid(text, 'it is no address', 'Give it like https://example.org/data/file.csv.');
  const url = new URL(text);
  if (url.username !== '' || url.password !== '')
    throw notValid(text, 'it holds a user name or a password', 'They are not kept. Give it without.');
  if ([...url.searchParams.keys()].some((name) => SECRET.test(name)))
    throw notValid(
      text,
      'it holds a signature or a key',
      'Such addresses end, and are secret. Download it, and save the file.',
    );
  return { root: { type: 'https', root: url.origin }, key: url.pathname.slice(1) + url.search };
}

/** Errors: `invalid_argument`. */
export function parseHf(text: string): HfRoot {
  const help = 'Give it like hf://datasets/owner/name/folder/file.csv, or hf://owner/name@revision/file for a model.';
  const parts = text.replace(/^hf:\/\//i, '').split('/');
  const kinds = { datasets: 'dataset', spaces: 'space', models: 'model' } as const;
  const kind = kinds[parts[0] as keyof typeof kinds] as HfRoot['repo']['type'] | undefined;
  if (kind !== undefined) parts.shift();
  const [owner = '', last = '', ...path] = parts;
  const at = last.indexOf('@');
  const name = at < 0 ? last : last.slice(0, at);
  const written = at < 0 ? null : last.slice(at + 1);
  if (!NAME.test(owner) || !NAME.test(name)) throw notValid(text, 'it names no repository', help);
  let revision: string | null = null;
  try {
    // A slash in the name of a branch is written as %2F.
    revision = written === null ? null : decodeURIComponent(written);
  } catch {
    throw notValid(text, 'its revision is none', help);
  }
  if (revision !== null && !/^(?!.*(?:^|\/)\.{0,2}(?:\/|$))[\w./-]{1,200}$/.test(revision))
    throw notValid(text, 'its revision is none', help);
  return {
    repo: { type: kind ?? 'model', name: `${owner}/${name}` },
    revision,
    path: path.join('/').replace(/\/+$/, ''),
  };
}

function hfRootText({ type, name }: HfRoot['repo'], revision: string | null): string {
  const kind = type === 'model' ? '' : `${type}s/`;
  return `hf://${kind}${name}${revision === null ? '' : `@${encodeURIComponent(revision)}`}`;
}

/** What may be a secret is behind the question mark, or before an at sign. */
function notValid(text: string, why: string, remedy: string): BenchkeepError {
  const shown = text.replace(/[?#].*$/s, '').replace(/\/\/[^/]*@(?=[^/]*\/)/, '//…@');
  return new BenchkeepError('invalid_argument', `${shown} can't be used: ${why}`, remedy);
}
