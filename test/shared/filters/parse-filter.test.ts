import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BenchkeepError } from '../../../shared/errors.ts';
import {
  COMPARATORS,
  FILTER_REGISTRIES,
  formatFilter,
  LONGEST_FILTER,
  parseFilter,
} from '../../../shared/filters/index.ts';
import { arbitraryFilter, filterTargets } from './arbitrary-filter.ts';

function refusal(text: string): BenchkeepError {
  try {
    parseFilter(text);
  } catch (error) {
    expect(error).toBeInstanceOf(BenchkeepError);
    return error as BenchkeepError;
  }
  throw new Error(`${text} was not refused`);
}

const said = (text: string): string => formatFilter(parseFilter(text));

describe('parseFilter', () => {
  it.each([
    ['suffix=.fcs', { path: ['suffix'], comparator: 'exact', value: '.fcs' }],
    ['key__startswith=run7/', { path: ['key'], comparator: 'startswith', value: 'run7/' }],
    ['size__gt=1000000', { path: ['size'], comparator: 'gt', value: 1000000 }],
    ['ulabels__name=IFNG', { path: ['ulabels', 'name'], comparator: 'exact', value: 'IFNG' }],
    ['storage__root__contains=bucket', { path: ['storage', 'root'], comparator: 'contains', value: 'bucket' }],
    ['run__transform__key=flow.py', { path: ['run', 'transform', 'key'], comparator: 'exact', value: 'flow.py' }],
    ['ulabels__type__name=Gene', { path: ['ulabels', 'type', 'name'], comparator: 'exact', value: 'Gene' }],
    ['created_by=ada', { path: ['created_by', 'handle'], comparator: 'exact', value: 'ada' }],
    ['created_by__istartswith=A', { path: ['created_by', 'handle'], comparator: 'istartswith', value: 'A' }],
    ['ulabels__isnull=true', { path: ['ulabels', 'name'], comparator: 'isnull', isnull: true }],
    ['copies__storage__type=s3', { path: ['copies', 'storage', 'type'], comparator: 'exact', value: 's3' }],
    ['is_latest=True', { path: ['is_latest'], comparator: 'exact', value: true }],
    ['visibility=-1', { path: ['visibility'], comparator: 'exact', value: -1 }],
    ['key=a=b', { path: ['key'], comparator: 'exact', value: 'a=b' }],
    ['description=', { path: ['description'], comparator: 'exact', value: '' }],
    [' key = x', { path: ['key'], comparator: 'exact', value: ' x' }],
    ['size__range=10,20', { path: ['size'], comparator: 'range', low: 10, high: 20 }],
    ['key__in=a, "b,c" ,"say ""x"""', { path: ['key'], comparator: 'in', values: ['a', 'b,c', 'say "x"'] }],
    ['key__in=""', { path: ['key'], comparator: 'in', values: [''] }],
    ['kind__iexact=Dataset', { path: ['kind'], comparator: 'iexact', value: 'dataset' }],
  ])('%s', (text, expected) => {
    const { field, ...rest } = parseFilter(text);
    expect(rest).toEqual(expected);
    expect(field.name).toBe(expected.path.at(-1));
  });

  it.each([
    ['created_at=2026-11-01', 'created_at__range=2026-11-01T00:00:00.000Z,2026-11-01T23:59:59.999Z'],
    ['created_at__gte=2026-11-01', 'created_at__gte=2026-11-01T00:00:00.000Z'],
    ['created_at__gt=2026-11-01', 'created_at__gt=2026-11-01T23:59:59.999Z'],
    ['created_at__lt=2026-11-01', 'created_at__lt=2026-11-01T00:00:00.000Z'],
    ['created_at__lte=2026-11-01', 'created_at__lte=2026-11-01T23:59:59.999Z'],
    ['created_at__range=2026-11-01,2026-11-03', 'created_at__range=2026-11-01T00:00:00.000Z,2026-11-03T23:59:59.999Z'],
    ['created_at__gt=2026-11-01T10:00', 'created_at__gt=2026-11-01T10:00:00.000Z'],
    ['created_at__gt=2026-11-01 10:00:01.5+02:00', 'created_at__gt=2026-11-01T08:00:01.500Z'],
    ['created_at=2026-11-01T10:00:00.123456Z', 'created_at=2026-11-01T10:00:00.123Z'],
    ['updated_at__lt=2024-02-29T23:30:00-0130', 'updated_at__lt=2024-03-01T01:00:00.000Z'],
  ])('times: %s is %s', (text, expected) => {
    expect(said(text)).toBe(expected);
  });

  it.each([
    ['', /field=value/],
    ['suffix', /field=value/],
    ['=x', /field=value/],
    ['size>5', /size__gt/],
    ['size>=5', /size__gt/],
    ['sise=5', /Did you mean size\?/],
    ['Size=5', /Did you mean size\?/],
    ['storage__rot=x', /Did you mean root\?/],
    ['ulabel__name=x', /Did you mean ulabels\?/],
    ['key__contain=x', /Did you mean contains\?/],
    ['key__contains__exact=x', /know exact/],
    ['size__contains=1', /Use one of exact, in/],
    ['is_latest__gt=1', /exact, isnull/],
    ['size=big', /digits only/],
    ['size=1.5', /digits only/],
    ['size=9223372036854775808', /digits only/],
    ['is_latest=maybe', /is_latest=true/],
    ['key__isnull=', /key__isnull=true/],
    ['kind=datset', /Did you mean dataset\?/],
    ['state__in=ok,lost', /Use one of ok/],
    ['created_at=yesterday', /2026-11-01/],
    ['created_at=2026-02-30', /2026-11-01/],
    ['created_at=2026-11-01T24:00', /2026-11-01/],
    ['created_at__gt=0000-01-01T00:00:00+01:00', /2026-11-01/],
    ['created_at__contains=2026', /range/],
    ['size__range=1', /two values/],
    ['size__range=1,2,3', /two values/],
    ['key__in=', /commas/],
    ['key__in="a', /double quotes/],
    ['key__in="a"b', /double quotes/],
    ['features__temperature__lt=25', /ulabels__name=IFNG/],
    ['features=x', /ulabels__name=IFNG/],
    ['features__my signal (µV)=x', /ulabels__name=IFNG/],
    ['__proto__=x', /Use one of uid/],
    ['constructor=x', /Use one of uid/],
    ['toString__exact=x', /Use one of uid/],
    ['storage__constructor=x', /Use one of uid/],
    ['key__constructor=x', /know exact/],
    ['key__hasOwnProperty=x', /know exact/],
    ['kind=constructor', /Use one of dataset/],
    [`ulabels${'__type'.repeat(20)}__name=x`, /shorter path/],
    ['key=a\0b', /Type the filter again/],
    ['key=a\ud800', /Type the filter again/],
    [`key=${'x'.repeat(LONGEST_FILTER)}`, /less at a time/],
    [`size__in=${'1,'.repeat(600)}1`, /fewer at a time/],
  ])('F-DB22 refuses %j with a remedy', (text, remedy) => {
    const error = refusal(text);
    expect(error.code).toBe('invalid_filter');
    expect(error.remedy).toMatch(remedy);
    expect(error.remedy).toMatch(/\.$/);
    expect(error.message.length).toBeLessThan(300);
  });
});

describe('S-11 the filter language', () => {
  it('throws nothing but invalid_filter, and names only fields of the catalogue (property)', () => {
    const word = fc.constantFrom(
      ...[
        'key',
        'size',
        'ulabels',
        'name',
        'run',
        'transform',
        'created_at',
        'features',
        'type',
        'state',
        'in',
        'range',
        'isnull',
        'contains',
        '__',
        '_',
        '=',
        ',',
        '"',
        '1',
        '2026-11-01',
        'true',
        "' OR 1=1 --",
        ');DROP TABLE artifact;',
        '__proto__',
        'constructor',
        'valueOf',
      ],
    );
    const text = fc.oneof(
      fc
        .array(fc.oneof(word, fc.string({ unit: 'binary', maxLength: 5 })), { maxLength: 9 })
        .map((parts) => parts.join('')),
      fc
        .tuple(fc.array(word, { maxLength: 5 }), fc.string({ unit: 'binary' }))
        .map(([names, value]) => `${names.join('__')}=${value}`),
      fc
        .tuple(fc.constantFrom(...filterTargets(3)), word, fc.oneof(word, fc.string({ unit: 'binary' })))
        .map(([{ path }, comparator, value]) => `${path.join('__')}__${comparator}=${value}`),
    );
    const known = new Set(filterTargets(7).map(({ path }) => path.join('__')));
    let parsed = 0;
    fc.assert(
      fc.property(text, (typed) => {
        try {
          const filter = parseFilter(typed);
          parsed += 1;
          expect(known.has(filter.path.join('__'))).toBe(true);
          expect(Object.hasOwn(COMPARATORS, filter.comparator)).toBe(true);
          expect(filter).toEqual(parseFilter(formatFilter(filter)));
        } catch (error) {
          expect(error).toMatchObject({ name: 'BenchkeepError', code: 'invalid_filter' });
        }
      }),
      { numRuns: 20_000 },
    );
    expect(parsed).toBeGreaterThan(500);
    expect(Object.prototype).not.toHaveProperty('polluted');
  });

  it('reads back what it writes (property)', () => {
    fc.assert(
      fc.property(arbitraryFilter(), (filter) => {
        expect(parseFilter(formatFilter(filter))).toEqual(filter);
      }),
      { numRuns: 10_000 },
    );
  });
});

it('no field or relation has the name of a comparator, and every relation leads somewhere', () => {
  for (const { fields, relations, defaultField } of Object.values(FILTER_REGISTRIES)) {
    for (const name of [...Object.keys(fields), ...Object.keys(relations)]) {
      expect(Object.hasOwn(COMPARATORS, name)).toBe(false);
      expect(name).not.toContain('__');
    }
    expect(Object.keys(fields)).toContain(defaultField);
    for (const { to } of Object.values(relations)) expect(Object.keys(FILTER_REGISTRIES)).toContain(to);
  }
});
