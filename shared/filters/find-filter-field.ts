/** From `storage__root__contains` to what it names. */
import { COMPARATORS, type Comparator } from './filter-expression.ts';
import {
  FILTER_REGISTRIES,
  filterField,
  filterRelation,
  type FilterField,
  type FilterRegistryName,
} from './filter-fields.ts';
import { filterError, quoted } from './filter-error.ts';
import { nearestName } from './nearest-name.ts';

export interface FilterTarget {
  path: string[];
  field: FilterField;
  comparator: Comparator;
}

/** Relations of a type of a type of …: more than any real path has. */
const MOST_STEPS = 8;

/** `name`: what stands before the `=`. Throws `invalid_filter` with the nearest name. */
export function findFilterField(name: string): FilterTarget {
  const segments = name.split('__');
  if (segments[0] === 'features') {
    throw filterError(
      "Files can't be filtered by measured features yet",
      'Use a field, such as key or size, or a label: ulabels__name=IFNG.',
    );
  }
  if (segments.length > MOST_STEPS) {
    throw filterError(`${quoted(name)} goes through too many relations`, 'Use a shorter path, such as storage__root.');
  }
  const path: string[] = [];
  let registry: FilterRegistryName = 'artifact';
  for (const [i, segment] of segments.entries()) {
    const relation = filterRelation(registry, segment);
    if (relation !== undefined) {
      path.push(segment);
      registry = relation.to;
      continue;
    }
    const field = filterField(registry, segment);
    if (field !== undefined) return target([...path, segment], field, segments.slice(i + 1), name);
    // A comparator straight after a relation compares the field that the relation stands for.
    if (path.length > 0 && isComparator(segment)) return relationTarget(path, registry, segments.slice(i), name);
    throw unknownField(segment, name, registry, path);
  }
  return relationTarget(path, registry, [], name);
}

function relationTarget(path: string[], registry: FilterRegistryName, rest: string[], name: string): FilterTarget {
  const { defaultField } = FILTER_REGISTRIES[registry];
  const field = filterField(registry, defaultField);
  if (field === undefined) throw unknownField('', name, registry, path);
  return target([...path, defaultField], field, rest, name);
}

function target(path: string[], field: FilterField, rest: string[], name: string): FilterTarget {
  const comparator = rest[0] ?? 'exact';
  const possible = comparatorsOf(field);
  if (rest.length > 1 || !isComparator(comparator)) {
    const nearest = rest.length > 1 ? null : nearestName(comparator, possible);
    throw filterError(
      `${quoted(name)} has no comparator ${quoted(rest.join('__'))}`,
      `${nearest === null ? '' : `Did you mean ${nearest}? `}Fields like ${field.name} know ${possible.join(', ')}.`,
      nearest,
    );
  }
  if (!possible.includes(comparator)) {
    throw filterError(`${field.name} can't be compared with ${comparator}`, `Use one of ${possible.join(', ')}.`);
  }
  return { path, field, comparator };
}

function comparatorsOf(field: FilterField): Comparator[] {
  return (Object.keys(COMPARATORS) as Comparator[]).filter((name) => COMPARATORS[name].includes(field.type));
}

function isComparator(text: string): text is Comparator {
  return Object.hasOwn(COMPARATORS, text);
}

function unknownField(segment: string, name: string, registry: FilterRegistryName, path: string[]): Error {
  const { fields, relations } = FILTER_REGISTRIES[registry];
  const known = [...Object.keys(fields), ...Object.keys(relations)];
  const nearest = nearestName(segment, known);
  const where = path.length === 0 ? 'There is no field' : `${path.join('__')} has no field`;
  return filterError(
    `${where} ${quoted(segment === '' ? name : segment)}`,
    `${nearest === null ? '' : `Did you mean ${nearest}? `}Use one of ${known.join(', ')}.`,
    nearest,
  );
}
