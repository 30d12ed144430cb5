/** One measured channel of a flow cytometer. */
export interface FcsParameter {
  /** `$PnN`, the detector, such as `FSC-A`; no commas. */
  name: string;
  /** `$PnS`, what was stained, such as `CD3`. */
  stain?: string;
  /** `$PnR`: values lie below this. */
  range: number;
}

export interface FcsContent {
  parameters: FcsParameter[];
  /** Event by event, each with one value for every parameter. */
  events: Float32Array;
  /** More keywords of the TEXT segment, such as `$CYT` or `$DATE`; values must not be empty. */
  keywords: Record<string, string>;
}

const headerLength = 58;
const delimiter = '|';

/** An offset as the HEADER has it: ASCII, right-justified in eight bytes. */
function headerOffset(offset: number): string {
  return String(offset).padStart(8, ' ');
}

function textSegment(content: FcsContent, beginData: number, endData: number): Buffer {
  const { parameters, events, keywords } = content;
  const pairs: [string, string][] = [
    ['$BEGINANALYSIS', '0'],
    ['$ENDANALYSIS', '0'],
    ['$BEGINSTEXT', '0'],
    ['$ENDSTEXT', '0'],
    // Always eight digits, so that the length of this segment does not depend on the offsets in it.
    ['$BEGINDATA', String(beginData).padStart(8, '0')],
    ['$ENDDATA', String(endData).padStart(8, '0')],
    ['$BYTEORD', '1,2,3,4'],
    ['$DATATYPE', 'F'],
    ['$MODE', 'L'],
    ['$NEXTDATA', '0'],
    ['$PAR', String(parameters.length)],
    ['$TOT', String(events.length / parameters.length)],
    ...parameters.flatMap((parameter, index): [string, string][] => {
      const prefix = `$P${index + 1}`;
      const described: [string, string][] = parameter.stain ? [[`${prefix}S`, parameter.stain]] : [];
      return [
        [`${prefix}N`, parameter.name],
        ...described,
        [`${prefix}B`, '32'],
        [`${prefix}E`, '0,0'],
        [`${prefix}R`, String(parameter.range)],
      ];
    }),
    ...Object.entries(keywords),
  ];
  // A delimiter within a value is written twice.
  const text = pairs.flat().map((part) => part.replaceAll(delimiter, delimiter + delimiter));
  return Buffer.from(delimiter + text.join(delimiter) + delimiter, 'utf8');
}

/**
 * A flow cytometry file, little-endian 32-bit floats in list mode.
 * Format: Data File Standard for Flow Cytometry, FCS 3.1 (Spidlen et al., Cytometry A 2010,
 * doi:10.1002/cyto.a.20825): HEADER of 58 bytes, TEXT, DATA, and eight zeros in place of a CRC.
 */
export function encodeFcs(content: FcsContent): Uint8Array {
  const beginText = headerLength;
  const beginData = beginText + textSegment(content, 0, 0).length;
  const endData = beginData + content.events.length * 4 - 1;
  const text = textSegment(content, beginData, endData);

  const offsets = [beginText, beginData - 1, beginData, endData, 0, 0].map(headerOffset);
  const data = new DataView(new ArrayBuffer(content.events.length * 4));
  content.events.forEach((value, index) => data.setFloat32(index * 4, value, true));
  return Buffer.concat([
    Buffer.from(`FCS3.1    ${offsets.join('')}`, 'latin1'),
    text,
    Buffer.from(data.buffer),
    Buffer.from('00000000', 'latin1'),
  ]);
}
