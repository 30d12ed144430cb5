/** What can be filtered: the fields of each registry and the relations between them. `parseFilter` knows nothing else. */
import { artifactKind, artifactState, storageType } from '../contract/records.ts';

/** `choice`: text of which the possible values are known. Times are UTC ISO-8601 text with milliseconds. */
export type FilterFieldType = 'text' | 'choice' | 'integer' | 'boolean' | 'time';

export interface FilterField {
  name: string;
  type: FilterFieldType;
  /** Of a `choice`. */
  choices?: readonly string[];
}

export interface FilterRelation {
  name: string;
  to: FilterRegistryName;
  /** True where a record can have several: a filter then asks for any of them. */
  many: boolean;
}

export interface FilterRegistry {
  fields: Readonly<Record<string, FilterField>>;
  relations: Readonly<Record<string, FilterRelation>>;
  /** What a relation alone stands for: `created_by=ada` is `created_by__handle=ada`. */
  defaultField: string;
}

export type FilterRegistryName =
  'artifact' | 'storage' | 'ulabel' | 'run' | 'transform' | 'user' | 'collection' | 'copy';

const TRANSFORM_KINDS = ['notebook', 'script', 'pipeline', 'function', 'protocol', 'instrument', 'upload', 'curation'];

export const FILTER_REGISTRIES: Readonly<Record<FilterRegistryName, FilterRegistry>> = {
  artifact: {
    fields: fieldsOf({
      text: 'uid key description suffix otype hash hash_type sha256 version',
      integer: 'size n_files n_observations visibility',
      boolean: 'is_latest key_is_virtual',
      time: 'created_at updated_at',
      choice: { kind: artifactKind.options, state: artifactState.options },
    }),
    relations: relationsOf({
      storage: 'storage',
      run: 'run',
      transform: 'transform',
      created_by: 'user',
      ulabels: ['ulabel'],
      collections: ['collection'],
      copies: ['copy'],
    }),
    defaultField: 'uid',
  },
  storage: {
    fields: fieldsOf({
      text: 'uid root description region',
      boolean: 'managed',
      choice: { type: storageType.options },
    }),
    relations: {},
    defaultField: 'uid',
  },
  ulabel: {
    fields: fieldsOf({ text: 'uid name description', boolean: 'is_type' }),
    relations: relationsOf({ type: 'ulabel' }),
    defaultField: 'name',
  },
  run: {
    fields: fieldsOf({ text: 'uid', time: 'started_at finished_at' }),
    relations: relationsOf({ transform: 'transform', created_by: 'user' }),
    defaultField: 'uid',
  },
  transform: {
    fields: fieldsOf({ text: 'uid key description version', boolean: 'is_latest', choice: { kind: TRANSFORM_KINDS } }),
    relations: relationsOf({ created_by: 'user' }),
    defaultField: 'uid',
  },
  user: { fields: fieldsOf({ text: 'uid handle name' }), relations: {}, defaultField: 'handle' },
  collection: {
    fields: fieldsOf({ text: 'uid key description version', boolean: 'is_latest' }),
    relations: {},
    defaultField: 'key',
  },
  /** Where content is, the artifact's own storage included. */
  copy: {
    fields: fieldsOf({ time: 'verified_at' }),
    relations: relationsOf({ storage: 'storage' }),
    defaultField: 'verified_at',
  },
};

/** The field `name`, or undefined: also for names that every JavaScript object has. */
export function filterField(registry: FilterRegistryName, name: string): FilterField | undefined {
  const { fields } = FILTER_REGISTRIES[registry];
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

export function filterRelation(registry: FilterRegistryName, name: string): FilterRelation | undefined {
  const { relations } = FILTER_REGISTRIES[registry];
  return Object.hasOwn(relations, name) ? relations[name] : undefined;
}

interface FieldNames {
  text?: string;
  integer?: string;
  boolean?: string;
  time?: string;
  choice?: Record<string, readonly string[]>;
}

function fieldsOf({ choice = {}, ...plain }: FieldNames): Record<string, FilterField> {
  const fields: Record<string, FilterField> = {};
  for (const type of ['text', 'integer', 'boolean', 'time'] as const) {
    for (const name of plain[type]?.split(' ') ?? []) fields[name] = { name, type };
  }
  for (const [name, choices] of Object.entries(choice)) fields[name] = { name, type: 'choice', choices };
  return fields;
}

/** A registry's name: one record; in brackets: several. */
function relationsOf(
  targets: Record<string, FilterRegistryName | [FilterRegistryName]>,
): Record<string, FilterRelation> {
  return Object.fromEntries(
    Object.entries(targets).map(([name, target]) => {
      const many = Array.isArray(target);
      return [name, { name, to: many ? target[0] : target, many }];
    }),
  );
}
