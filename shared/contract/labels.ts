/** Procedures on ulabels. */
import * as z from 'zod';
import { artifactArgument, items, mutation, query } from './procedures.ts';
import { artifactRecord, labelRecord } from './records.ts';

const labelling = z.object({
  artifacts: z.array(artifactArgument).min(1).max(10_000),
  labels: z.array(z.string().min(1).max(200)).min(1).max(100),
});

export const createLabelInput = z.object({
  name: z.string().min(1).max(200),
  type: z.string().max(200).nullish(),
  is_type: z.boolean().default(false),
  description: z.string().max(10_000).nullish(),
});

export const labels = {
  create: mutation.input(createLabelInput).output(items(labelRecord)),
  list: query.input(z.object({ search: z.string().max(200).nullish() })).output(items(labelRecord)),
  /** The labels must exist (`not_found` names near ones); `create_missing` makes them. */
  add: mutation.input(labelling.extend({ create_missing: z.boolean().default(false) })).output(items(artifactRecord)),
  remove: mutation.input(labelling).output(items(artifactRecord)),
};
