/** Loaded before everything else (`--import`): edits the sources as `BK_SEEDED_BUG` says, in memory only. */
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SEEDED_BUGS, type BugName, type Edit } from './seeded-bugs.ts';

const sources = join(import.meta.dirname, '../../../../src-main');
const edits: readonly Edit[] = SEEDED_BUGS[process.env['BK_SEEDED_BUG'] as BugName];
const byUrl = Map.groupBy(edits, ({ file }) => pathToFileURL(join(sources, file)).href);

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    const { source } = loaded;
    const ofFile = byUrl.get(url);
    if (ofFile === undefined || source === null || source === undefined) return loaded;
    let text = typeof source === 'string' ? source : new TextDecoder().decode(source);
    for (const { file, from, to } of ofFile) {
      // A mistake that can't be made any more as it stands here would prove nothing.
      if (text.split(from).length !== 2) throw new Error(`${file} does not hold once: ${from}`);
      text = text.replace(from, () => to);
    }
    return { ...loaded, source: text };
  },
});
