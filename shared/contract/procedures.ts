/** How a procedure of the contract is declared: its kind is what hosts and the command line derive their manners from. */
import { oc } from '@orpc/contract';
import * as z from 'zod';

// zod's compiled validators need `new Function`, which the window's content policy forbids.
z.config({ jitless: true });

/**
 * query: reads, can be repeated freely; mutation: writes, answers when it is durable;
 * job: long, an iterator of progress that returns the result and is stopped by closing it; stream: never ends by itself.
 */
export type ProcedureKind = 'query' | 'mutation' | 'job' | 'stream';

const base = oc.$meta<{ kind: ProcedureKind }>({ kind: 'query' });

export const query = base.meta({ kind: 'query' });
export const mutation = base.meta({ kind: 'mutation' });
export const job = base.meta({ kind: 'job' });
export const stream = base.meta({ kind: 'stream' });

/** What a job says on the way. `total` values are null until known; `file` is what is worked on now, as displayed. */
export const jobProgress = z.object({
  items: z.number(),
  items_total: z.number().nullable(),
  bytes: z.number(),
  bytes_total: z.number().nullable(),
  file: z.string().nullable(),
});
export type JobProgress = z.infer<typeof jobProgress>;

export const items = <T extends z.ZodType>(record: T) => z.object({ items: z.array(record) });
export const empty = z.object({});

/** An artifact argument: uid, stem, unique prefix (8 or more characters) or key. */
export const artifactArgument = z.string().min(1).max(1100);
/** A storage argument: uid or root. */
export const storageArgument = z.string().min(1).max(4200);
