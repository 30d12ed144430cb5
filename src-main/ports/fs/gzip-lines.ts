/** Text files of many lines, compressed: written and read as a stream, whole under their name or not there. */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import * as fsp from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { effect } from '../failpoint.ts';
import type { Random } from '../random.ts';
import { fsError } from './fs-error.ts';
import { syncFolder, TEMPORARY_PREFIX } from './node-fs.ts';
import { joinRaw, rawToBytes, splitRaw, type RawPath } from './raw-path.ts';

export interface GzipLines {
  /** Each line ends with a line feed; one character a byte. */
  write(lines: string): Promise<void>;
  /** No more lines: synced, and can be read at the path that this returns. */
  end(): Promise<RawPath>;
  /** After `end`: takes its name, which must lie in the same folder; what stood there is replaced. */
  finish(target: RawPath): Promise<void>;
  /** Leaves nothing; can be called after `finish`, too. */
  discard(): Promise<void>;
}

/** Begins a file of a temporary name in `folder`. */
export async function writeGzipLines(folder: RawPath, random: Random): Promise<GzipLines> {
  const temporary = joinRaw(folder, `${TEMPORARY_PREFIX}${Buffer.from(random(9)).toString('hex')}.tmp` as RawPath);
  const about = async <T>(run: () => Promise<T>): Promise<T> => {
    try {
      return await run();
    } catch (error) {
      throw fsError(error, folder);
    }
  };
  const file = await about(() => fsp.open(rawToBytes(temporary), 'wx', 0o600));
  const gzip = createGzip();
  const written = writeAll(file, gzip);
  written.catch(() => undefined);
  let over = false;
  return {
    write: (lines) =>
      about(async () => {
        if (!gzip.write(lines, 'latin1')) await Promise.race([once(gzip, 'drain'), written]);
      }),
    end: () =>
      about(async () => {
        gzip.end();
        await effect('fs.writeTemp', () => written);
        await effect('fs.syncFile', () => file.sync());
        over = true;
        await file.close();
        return temporary;
      }),
    finish: (target) =>
      about(async () => {
        await effect('fs.rename', () => fsp.rename(rawToBytes(temporary), rawToBytes(target)));
        await syncFolder(splitRaw(target).folder);
      }),
    discard: () =>
      about(async () => {
        if (!over) {
          over = true;
          gzip.destroy();
          await written.catch(() => undefined);
          await file.close();
        }
        await fsp.rm(rawToBytes(temporary), { force: true });
      }),
  };
}

async function writeAll(file: fsp.FileHandle, chunks: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of chunks) {
    for (let done = 0; done < chunk.length;) done += (await file.write(chunk, done)).bytesWritten;
  }
}

/** Without their line feeds. Errors: those of the file; `io_error` where it is damaged. */
export async function* readGzipLines(path: RawPath): AsyncGenerator<string> {
  const gunzip = createGunzip();
  const read = pipeline(createReadStream(rawToBytes(path)), gunzip);
  read.catch(() => undefined);
  let rest = '';
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      const lines = (rest + chunk.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
    if (rest !== '') yield rest;
    await read;
  } catch (error) {
    throw fsError(error, path);
  } finally {
    gunzip.destroy();
  }
}
