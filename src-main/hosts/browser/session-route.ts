/**
 * `/session`, the handshake. POST {"code"} exchanges a one-time code for the cookie and {"token"}; GET with both says
 * whether they still hold (after a reload), and with less it tells nothing.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod';
import type { ErrorData } from '../../../shared/errors.ts';
import type { Session } from './session.ts';

const MAX_BODY_BYTES = 1024;
const exchange = z.strictObject({ code: z.string().min(1).max(200) });

export async function answerSession(
  session: Session,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method === 'GET') {
    const known = session.hasCookie(request.headers.cookie) && session.hasToken(bearer(request) ?? '');
    if (known) answerJson(response, 200, { token: session.token });
    else answerJson(response, 401, noSession());
    return;
  }
  if (request.method !== 'POST') {
    response.setHeader('Allow', 'GET, POST');
    answerJson(response, 405, refused('This address answers GET and POST only.'));
    return;
  }
  if (!/^application\/json(?:; ?charset=utf-8)?$/i.test(request.headers['content-type'] ?? '')) {
    answerJson(response, 415, refused('The code must come as JSON.'));
    return;
  }
  const body = await readBody(request);
  if (body === null) {
    response.setHeader('Connection', 'close');
    answerJson(response, 413, refused('The request is too long.'));
    return;
  }
  const input = exchange.safeParse(parseJson(body));
  if (!input.success) answerJson(response, 400, refused('The request holds no code.'));
  else if (session.useCode(input.data.code)) {
    response.setHeader('Set-Cookie', session.cookie);
    answerJson(response, 200, { token: session.token });
  } else answerJson(response, 403, usedUp());
}

/** The token of `Authorization: Bearer`, null without one. */
export function bearer(request: IncomingMessage): string | null {
  return /^Bearer (?<token>[\w-]+)$/.exec(request.headers.authorization ?? '')?.groups?.['token'] ?? null;
}

export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // Refused like any other body without a code.
  }
}

const NEW_ADDRESS = 'Press Enter where Benchkeep was started to get a new address, or start it again.';

function usedUp(): ErrorData {
  const message = 'This address was used already, or is older than a minute';
  return { code: 'refused', message, remedy: NEW_ADDRESS, retry: false };
}

function noSession(): ErrorData {
  return { code: 'not_allowed', message: 'This window is not signed in', remedy: NEW_ADDRESS, retry: false };
}

function refused(message: string): ErrorData {
  return { code: 'refused', message, remedy: 'Open the address that Benchkeep printed.', retry: false };
}
