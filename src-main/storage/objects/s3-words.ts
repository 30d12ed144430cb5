/** How S3 spells what others spell otherwise. */

export function unquoted(etag: string | undefined): string {
  return (etag ?? '').replace(/^W\//, '').replaceAll('"', '');
}

/** `null` is what a store without versions, or one where they are switched off, says. */
export function versionOf(version: string | undefined): string | null {
  return version === undefined || version === 'null' ? null : version;
}

export function hexOfBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('hex');
}

export function base64OfHex(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}
