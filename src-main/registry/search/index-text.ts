/** The text under which an artifact is found. */
import { searchableText } from '../../../shared/search-terms.ts';
import type { ArtifactRow } from '../schema.ts';

/**
 * Key, description and label names; a uid is looked up in its own index.
 */
export function indexText(artifact: Pick<ArtifactRow, 'key' | 'description'>, labels: readonly string[]): string {
  let text = searchableText(artifact.key ?? '');
  if (artifact.description) text += searchableText(artifact.description);
  for (const label of labels) text += searchableText(label);
  return text;
}
