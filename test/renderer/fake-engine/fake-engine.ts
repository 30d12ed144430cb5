/** An engine without disk or database that speaks the contract over its ports, for tests of the window. */
import type { MessagePort } from 'node:worker_threads';
import { RPCHandler } from '@orpc/server/message-port';
import { translateErrors } from '../../../src-main/engine/serve-client.ts';
import type { EngineHandle } from '../../../src-main/engine/engine-handle.ts';
import type { ErrorData } from '../../../shared/errors.ts';
import { fakeRouter } from './fake-router.ts';
import type { World } from './world.ts';

export interface FakeEngine extends EngineHandle {
  /** Ends every connection, as an engine that restarts does. */
  dropConnections(): void;
}

export function startFakeEngine(world: World): FakeEngine {
  const handler = new RPCHandler(fakeRouter(world), {
    clientInterceptors: [({ next }) => translateErrors(() => next())],
  });
  const { promise: stopped, resolve } = Promise.withResolvers<{ error: ErrorData | null }>();
  const ports = new Set<MessagePort>();
  return {
    stopped,
    attach(port) {
      ports.add(port);
      port.on('close', () => ports.delete(port));
      handler.upgrade(port);
      port.start();
    },
    dropConnections() {
      for (const port of ports) port.close();
    },
    close() {
      resolve({ error: null });
      return Promise.resolve();
    },
  };
}
