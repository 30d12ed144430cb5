/** What a client may send: the text frames of oRPC's peer (a request, an event of a stream it sends, an abort). */

const KINDS = new Set<unknown>([undefined, 1, 3, 4]);
const REQUEST = new Set<unknown>([undefined, 1]);

export function isRequestFrame(frame: unknown): frame is string {
  // Binary frames carry uploads, which the contract has none of.
  if (typeof frame !== 'string') return false;
  const message = parse(frame);
  if (!isObject(message) || typeof message['i'] !== 'string' || !KINDS.has(message['t'])) return false;
  if (!REQUEST.has(message['t'])) return message['t'] === 4 || isObject(message['p']);
  const request = message['p'];
  if (!isObject(request) || typeof request['u'] !== 'string') return false;
  const headers = request['h'];
  // Other bodies than JSON are announced by headers; no client of the contract has any.
  return URL.canParse(request['u'], 'http://orpc') && (headers === undefined || isPlain(headers));
}

function parse(frame: string): unknown {
  try {
    return JSON.parse(frame);
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isPlain(headers: unknown): boolean {
  return isObject(headers) && !('content-type' in headers) && !('content-disposition' in headers);
}
