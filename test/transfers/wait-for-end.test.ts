import { expect, it } from 'vitest';
import type { Settled } from '../../src-main/transfers/settle-upload.ts';
import { waitForEnd } from '../../src-main/transfers/wait-for-end.ts';
import { waitingFor } from '../../src-main/transfers/waiting-for.ts';

it('who leaves is let go, also where what nobody waits for any more can’t be stopped', async () => {
  const waiters = waitingFor<Settled>();
  const stop = new AbortController();
  const leave = () => Promise.reject(new Error('the disk is broken'));
  const ended = waitForEnd(waiters, { id: 1, storage_uid: 'storage' }, { signal: stop.signal, leave });
  stop.abort();
  await expect(ended).rejects.toMatchObject({ code: 'cancelled' });
  expect(waiters.any()).toBe(false);
});
