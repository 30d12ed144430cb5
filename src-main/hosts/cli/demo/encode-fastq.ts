/** One read of a sequencer. */
export interface Read {
  /** Without the leading `@`. */
  name: string;
  /** Letters A, C, G, T and N. */
  bases: string;
  /** Phred quality of each base, 0 to 93. */
  qualities: number[];
}

/**
 * Reads as text, four lines each.
 * Format: Sanger FASTQ, Phred + 33 (Cock et al., Nucleic Acids Research 2010, doi:10.1093/nar/gkp1137).
 */
export function encodeFastq(reads: Read[]): Uint8Array {
  const records = reads.map(({ name, bases, qualities }) => {
    const letters = String.fromCharCode(...qualities.map((quality) => quality + 33));
    return `@${name}\n${bases}\n+\n${letters}\n`;
  });
  return Buffer.from(records.join(''), 'latin1');
}
