import { describe, expect, it } from 'vitest';
import { parseFilter } from '../../../shared/filters/index.ts';
import { matchesFilter, matchesFilters, type FilterRecord } from './evaluate-filter.ts';

const artifact: FilterRecord = {
  uid: 'AbCdEfGhIjKlMnOp0000',
  key: 'Flow/Größe day1.fcs',
  description: null,
  suffix: '.fcs',
  size: 1000,
  is_latest: true,
  created_at: '2026-11-01T12:00:00.000Z',
  storage: { root: '/data/flow', region: null },
  run: null,
  created_by: { handle: 'ada', name: null },
  ulabels: [
    { name: 'IFNG', type: { name: 'Gene' } },
    { name: 'day 1', type: null },
  ],
  collections: [],
};

describe('the meaning of filters', () => {
  it.each([
    ['suffix=.fcs', true],
    ['suffix=.csv', false],
    ['key__contains=größe', false],
    ['key__icontains=grO\u0308ße', true],
    ['key__startswith=Flow/', true],
    ['key__istartswith=flow/', true],
    ['key__endswith=.fcs', true],
    ['key__contains=%', false],
    ['suffix__iexact=.FCS', true],
    ['suffix__in=.csv,.fcs', true],
    ['size__gt=1000', false],
    ['size__gte=1000', true],
    ['size__range=1000,1000', true],
    ['created_at=2026-11-01', true],
    ['created_at__lte=2026-11-01', true],
    ['created_at__gt=2026-11-01', false],
    ['created_at__gt=2026-11-01T11:59', true],
    ['is_latest=true', true],
    ['description__isnull=true', true],
    ['description=', false],
    ['key__isnull=true', false],
    ['ulabels__name=IFNG', true],
    ['ulabels__name=day 1', true],
    ['ulabels__name=x', false],
    ['ulabels__type__name=Gene', true],
    ['ulabels__type__isnull=true', true],
    ['ulabels__type__isnull=false', true],
    ['ulabels__isnull=true', false],
    ['collections__isnull=true', true],
    ['collections__key=x', false],
    ['run__isnull=true', true],
    ['run__transform__key__isnull=true', true],
    ['run__transform__key=x', false],
    ['created_by=ada', true],
    ['storage__region__isnull=true', true],
  ])('%s: %s', (text, fits) => {
    expect(matchesFilter(artifact, parseFilter(text))).toBe(fits);
  });

  it('several are joined by AND, each label on its own', () => {
    const both = ['ulabels__name=IFNG', 'ulabels__name=day 1'].map(parseFilter);
    expect(matchesFilters(artifact, both)).toBe(true);
    expect(matchesFilters(artifact, [...both, parseFilter('size__lt=5')])).toBe(false);
  });
});
