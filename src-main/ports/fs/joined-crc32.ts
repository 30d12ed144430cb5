/** CRC-32 of bytes whose halves were summed apart, so that no byte is summed twice. */

/**
 * CRC-32 of two contents one after the other, from the CRC-32 of each and the bytes of the second: the first one times
 * x^(8 × length), plus the second, modulo the polynomial of CRC-32 (as `crc32_combine` of zlib has it).
 */
export function joinedCrc32(first: number, second: number, length: number): number {
  if (first === 0) return second;
  let shifted = first;
  // x^8, then its squares.
  let power = 0x0080_0000;
  for (let left = length; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) shifted = product(power, shifted);
    power = product(power, power);
  }
  return (shifted ^ second) >>> 0;
}

/** Of two polynomials over GF(2) whose highest bit is x^0, modulo that of CRC-32. */
function product(a: number, b: number): number {
  let sum = 0;
  let shifted = b;
  for (let bit = 0x8000_0000; bit > 0; bit >>>= 1) {
    if ((a & bit) !== 0) sum ^= shifted;
    shifted = (shifted & 1) === 1 ? (shifted >>> 1) ^ 0xedb8_8320 : shifted >>> 1;
  }
  return sum >>> 0;
}
