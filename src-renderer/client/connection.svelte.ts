/** Keeps the window connected: opens, notices when the engine is gone, comes back with growing pauses. */
import { desktopBridge, openPortLink, openSocketLink, type Client, type Link } from './open-link.ts';
import { followNewCodes, openSession } from './session.ts';

export type ConnectionState = 'connecting' | 'ready' | 'lost' | 'refused';

/** Pauses between attempts, in milliseconds; the last one repeats. */
const PAUSES = [250, 500, 1000, 2000, 5000, 10_000];

export class Connection {
  state: ConnectionState = $state('connecting');
  /** Grows with every connection: what was read under a smaller number is read again. */
  generation = $state(0);
  #client: Client | null = $state.raw(null);
  #wake: (() => void) | null = null;

  /** The client of the newest connection; calls on a lost one are rejected. */
  get client(): Client {
    if (this.#client === null) throw new Error('Not connected yet');
    return this.#client;
  }

  /** Never returns: the life of the window is one loop. */
  async start(): Promise<void> {
    if (desktopBridge() !== null) return this.#followPorts();
    followNewCodes();
    for (let attempt = 0; ;) {
      const link = await this.#openSocket();
      if (link === 'refused') return;
      if (link !== null) {
        attempt = 0;
        this.#use(link);
        await link.closed;
        this.state = 'lost';
      } else if (this.generation > 0 || attempt > 1) this.state = 'lost';
      await this.#pause(PAUSES[Math.min(attempt++, PAUSES.length - 1)] ?? 0);
    }
  }

  /** Ends the present pause. */
  retryNow(): void {
    this.#wake?.();
  }

  #use(link: Link): void {
    this.#client = link.client;
    this.generation += 1;
    this.state = 'ready';
  }

  async #openSocket(): Promise<Link | 'refused' | null> {
    try {
      const token = await openSession();
      if (token !== null) return await openSocketLink(token);
      this.state = 'refused';
      return 'refused';
    } catch (error) {
      // The host is not there (fetch) or closed the door meanwhile (WebSocket): looked at again after a pause.
      console.info('Benchkeep is not reachable yet:', error instanceof Error ? error.message : error);
      return null;
    }
  }

  /** Electron's main process posts a port at the start and a new one whenever its engine came back. */
  #followPorts(): void {
    window.addEventListener('message', (event) => {
      const port = event.ports[0];
      if (event.source !== window || event.data !== 'benchkeep-port' || port === undefined) return;
      const link = openPortLink(port);
      this.#use(link);
      const { generation } = this;
      void link.closed.then(() => {
        if (this.generation === generation) this.state = 'lost';
      });
    });
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, milliseconds);
      this.#wake = done;
      function done(): void {
        clearTimeout(timer);
        resolve();
      }
    });
  }
}
