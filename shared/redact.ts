/**
 * Takes secrets out of what people and other programs get to read: the second line behind messages that hold none. Knows
 * them by their look; what is taken for one by mistake is lost from a message only.
 */

const HIDDEN = '[secret]';

/** What stands before the secret is kept (`$1`), so that a reader sees what was there. */
const LOOKS: readonly [RegExp, string][] = [
  // Private keys, also with their line ends escaped as in JSON, and cut off in the middle.
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, HIDDEN],
  // Signed and other requests: the scheme stays, what it carries does not.
  [/\b(AWS4-HMAC-SHA256|AWS4-ECDSA-P256-SHA256|GOOG4-RSA-SHA256|GOOG4-HMAC-SHA256)\s+[^\n"']*/gi, `$1 ${HIDDEN}`],
  [/\b(Bearer)\s+[\w.~+/=-]{8,}/gi, `$1 ${HIDDEN}`],
  [/\b(Basic)\s+(?=[\w+/=-]*[\d+/=])[\w+/=-]{8,}/gi, `$1 ${HIDDEN}`],
  // Behind its header it is one also without such signs.
  [/\b(authorization["']?\s*[:=]\s*["']?(?:Basic|Digest|Token))\s+[^\s"',}]+/gi, `$1 ${HIDDEN}`],
  [/\b(authorization["']?\s*[:=]\s*["']?)(?!(?:Bearer|Basic|AWS4|GOOG4)\S*\s)[^\s"',}]+/gi, `$1${HIDDEN}`],
  // Presigned addresses, and tokens in any.
  [
    /\b(X-(?:Amz|Goog)-(?:Signature|Credential|Security-Token)|AWSAccessKeyId|GoogleAccessId|Signature|upload_id|access_token|refresh_token|id_token)(=|%3D)[^&\s"'<>)]+/gi,
    `$1$2${HIDDEN}`,
  ],
  // By name, as in files of settings, in JSON and in what `inspect` prints.
  [
    /(["']?(?:x-amz-security-token|(?:aws_?)?secret_?access_?key|(?:aws_?)?session_?token|(?:aws_?)?access_?key_?id|private_?key(?:_?id)?|client_?secret|refresh_?token|access_?token)["']?\s*[:=]\s*["']?)(?!\[secret\]|\$)[^\s"',}&]+/gi,
    `$1${HIDDEN}`,
  ],
  // Access keys, tokens of Google, of OpenID and of Hugging Face by their own look.
  [/\b(?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA)[A-Z0-9]{16}\b/g, HIDDEN],
  [/\bGOOG[A-Z0-9]{20,}\b/g, HIDDEN],
  [/\bhf_[A-Za-z0-9]{20,}\b/g, HIDDEN],
  [/\bya29\.[\w.-]{10,}/g, HIDDEN],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, HIDDEN],
  // User name and password in an address.
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/?#@]+@/gi, `$1${HIDDEN}@`],
];

export function redact(text: string): string {
  return LOOKS.reduce((left, [look, instead]) => left.replace(look, instead), text);
}

/** The same in every text of a JSON value. Names of fields stay; what lies deeper than any answer is left out. */
export function redactAll(value: unknown, depth = 50): unknown {
  if (typeof value === 'string') return redact(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return null;
  if (Array.isArray(value)) return value.map((item) => redactAll(item, depth - 1));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, redactAll(item, depth - 1)]));
}
