/** Makes checksums of content that other threads read. */
import { parentPort } from 'node:worker_threads';
import { contentHash, type ContentHash } from '../../ports/fs/content-hash.ts';
import type { FromContent, ToContent } from '../content-messages.ts';

const reader = parentPort;
if (reader === null) throw new Error('content-thread runs as a worker');
const open = new Map<number, ContentHash>();

function hashOf(of: number): ContentHash {
  const hash = open.get(of);
  if (hash === undefined) throw new Error('This content was closed');
  return hash;
}

reader.on('message', (message: ToContent) => {
  const { of } = message;
  if (message.say === 'open') open.set(of, contentHash(message.wanted));
  else if (message.say === 'add') hashOf(of).add(message.slice);
  else if (message.say === 'close') open.delete(of);
  else {
    const hash = hashOf(of);
    const answer: FromContent = { of, checksums: message.say === 'part' ? hash.part() : hash.whole() };
    reader.postMessage(answer);
  }
});
