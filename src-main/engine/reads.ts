/** What the reader serves: every operation that only reads, by its name. */
import { listLabels } from '../annotation/index.ts';
import {
  artifactLog,
  artifactPath,
  describeArtifact,
  listArtifacts,
  listFacets,
  listVersions,
  previewArtifact,
  type ContentContext,
} from '../artifacts/index.ts';
import { listTransactions } from '../history/index.ts';
import { viewChanges } from '../registry/queries/changes.ts';

const READS = {
  listArtifacts,
  describeArtifact,
  listVersions,
  artifactPath,
  previewArtifact,
  artifactLog,
  listFacets,
  listLabels,
  viewChanges,
  listTransactions,
} as const satisfies Record<string, (context: ContentContext, input: never) => Promise<unknown>>;

export type ReadName = keyof typeof READS;
/** The input of one read; `{}` where it has none. */
export type ReadInput<N extends ReadName> =
  Parameters<(typeof READS)[N]> extends [unknown, infer I] ? I : Record<string, never>;
export type ReadOutput<N extends ReadName> = Awaited<ReturnType<(typeof READS)[N]>>;

/** The reads without their context: what the router calls, wherever they run. */
export type Reads = { [N in ReadName]: (input: ReadInput<N>) => Promise<ReadOutput<N>> };

export const READ_NAMES = Object.keys(READS) as ReadName[];

/** Runs one read by name, as the messages of a thread need it. */
export function runRead(context: ContentContext, name: ReadName, input: unknown): Promise<unknown> {
  const read = READS[name] as (context: ContentContext, input: unknown) => Promise<unknown>;
  return read(context, input);
}

/** Reads in this thread, on the connections of `context`: for the command line without a running app. */
export function inlineReads(context: ContentContext): Reads {
  return readsBy((name, input) => runRead(context, name, input));
}

/** All reads, each done by `run`. */
export function readsBy(run: (name: ReadName, input: unknown) => Promise<unknown>): Reads {
  return Object.fromEntries(READ_NAMES.map((name) => [name, (input: unknown) => run(name, input)])) as unknown as Reads;
}
