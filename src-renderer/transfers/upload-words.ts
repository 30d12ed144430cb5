/** What an upload will do, in the sentences of its dialog. */
import type { UploadPlan } from '../../shared/contract/index.ts';
import { formatBytes } from '../../shared/format/bytes.ts';
import { countOf } from '../../shared/format/counts.ts';
import { COPIES_AFTER_UPLOAD, WORDS } from '../../shared/vocabulary.ts';

const { one, many } = WORDS.mixed;

/** `n_files` are the artifacts that would be uploaded, run folders among them. */
export function whatIsUploaded({ n_files, size }: Pick<UploadPlan, 'n_files' | 'size'>): string {
  return n_files === 0 ? 'Nothing' : `${countOf(n_files, one, many)}, ${formatBytes(size)}`;
}

/** Of the copies here that a person has no choice of; whose they are is said where there are several kinds. */
export function copiesAfter(plan: UploadPlan): string[] {
  const kinds = [plan.own, plan.in_place, plan.linked].filter((n) => n > 0).length;
  const sentence = (n: number, whose: string, what: string): string[] => {
    if (n === 0) return [];
    const plain = n === 1 ? what : what.replace('the copy here moves', 'the copies here move');
    const words = n === 1 ? plain : plain.replace('your file stays where it is', 'your files stay where they are');
    const text = kinds > 1 ? `${whose} (${countOf(n, one, many)}): ${words}` : words;
    return [`${text.charAt(0).toUpperCase()}${text.slice(1)}.`];
  };
  return [
    ...sentence(plan.own, 'Benchkeep’s own copies', COPIES_AFTER_UPLOAD.own),
    ...sentence(plan.linked, 'Linked folders', COPIES_AFTER_UPLOAD.linked),
  ];
}

/** Of the files in place, over the choice. */
export function inPlaceQuestion(plan: UploadPlan): string {
  const kinds = [plan.own, plan.in_place, plan.linked].filter((n) => n > 0).length;
  const text = plan.in_place === 1 ? COPIES_AFTER_UPLOAD.in_place : COPIES_AFTER_UPLOAD.in_place_many;
  return kinds > 1
    ? `Files in your own folders (${countOf(plan.in_place, one, many)}): ${text.charAt(0).toLowerCase()}${text.slice(1)}`
    : text;
}

/** Null where nothing of it is there. */
export function thereAlready({ there }: Pick<UploadPlan, 'there'>): string | null {
  if (there === 0) return null;
  return `${countOf(there, `${one} is`, `${many} are`)} in the cloud already and ${there === 1 ? 'stays' : 'stay'} as ${there === 1 ? 'it is' : 'they are'}.`;
}
