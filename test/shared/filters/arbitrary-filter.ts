/** Any filter that the language can say, for properties. */
import fc from 'fast-check';
import {
  COMPARATORS,
  FILTER_REGISTRIES,
  type Comparator,
  type FilterExpression,
  type FilterField,
  type FilterRegistryName,
  type FilterValue,
} from '../../../shared/filters/index.ts';

interface Target {
  path: string[];
  field: FilterField;
}

/** Every field within `depth` relations of the artifact. */
export function filterTargets(
  depth: number,
  registry: FilterRegistryName = 'artifact',
  before: string[] = [],
): Target[] {
  const { fields, relations } = FILTER_REGISTRIES[registry];
  const own = Object.values(fields).map((field) => ({ path: [...before, field.name], field }));
  if (depth === 0) return own;
  return [
    ...own,
    ...Object.values(relations).flatMap(({ name, to }) => filterTargets(depth - 1, to, [...before, name])),
  ];
}

const text = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.string({
      unit: fc.constantFrom('a', 'A', 'é', 'e\u0301', ' ', ',', '"', '%', '_', '=', "'", '\\', '\n', '__', '🧬'),
      maxLength: 8,
    }),
  )
  .map((value) => value.replace(/[\0\p{Surrogate}]/gu, ''));

export function filterValueOf(field: FilterField): fc.Arbitrary<FilterValue> {
  switch (field.type) {
    case 'text':
      return text;
    case 'choice':
      return fc.constantFrom(...(field.choices ?? []));
    case 'integer':
      return fc.oneof(fc.integer({ min: -3, max: 3 }), fc.maxSafeInteger());
    case 'boolean':
      return fc.boolean();
    case 'time':
      return fc
        .date({ min: new Date('2020-01-01'), max: new Date('2030-01-01'), noInvalidDate: true })
        .map((date) => date.toISOString());
  }
}

export function arbitraryFilter(depth = 3): fc.Arbitrary<FilterExpression> {
  return fc.constantFrom(...filterTargets(depth)).chain((target) => {
    const comparators = (Object.keys(COMPARATORS) as Comparator[]).filter((name) =>
      COMPARATORS[name].includes(target.field.type),
    );
    return fc.constantFrom(...comparators).chain((comparator) => expressionOf(target, comparator));
  });
}

function expressionOf({ path, field }: Target, comparator: Comparator): fc.Arbitrary<FilterExpression> {
  const value = filterValueOf(field);
  switch (comparator) {
    case 'isnull':
      return fc.boolean().map((isnull) => ({ path, field, comparator, isnull }));
    case 'in':
      return fc.array(value, { minLength: 1, maxLength: 4 }).map((values) => ({ path, field, comparator, values }));
    case 'range':
      return fc.tuple(value, value).map(([low, high]) => ({ path, field, comparator, low, high }));
    case 'exact':
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return value.map((one) => ({ path, field, comparator, value: one }));
    case 'iexact':
      return value.map((one) => ({ path, field, comparator, value: String(one) }));
    default:
      return text.map((one) => ({ path, field, comparator, value: one }));
  }
}
