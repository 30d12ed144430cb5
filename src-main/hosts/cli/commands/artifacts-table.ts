import type { ArtifactRecord } from '../../../../shared/contract/index.ts';
import { formatBytes } from '../../../../shared/format/bytes.ts';
import { renderTable } from '../render-text.ts';
import { includedCell } from './included-field.ts';

/** Artifacts for people, a line each; `included`: checked fields as further columns. */
export function artifactsTable(items: readonly ArtifactRecord[], included: readonly string[] = []): string {
  return renderTable(
    ['uid', 'name', 'size', 'state', 'labels', 'added', ...included],
    items.map((item) => [
      item.uid,
      item.key ?? item.description,
      formatBytes(item.size),
      item.state,
      item.ulabels.join(', '),
      item.created_at.slice(0, 19).replace('T', ' '),
      ...included.map((field) => includedCell(item, field)),
    ]),
    'No files match.',
  );
}
