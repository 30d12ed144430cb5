/**
 * The connections of one client: kept open, to addresses that may be asked only, with a lab's own authority, and by way
 * of the proxy that this computer's environment names. What a name leads to is found out by the proxy then, so only the
 * name itself is judged here (S-10).
 */
import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { Agent as HttpAgent, type AgentOptions } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';
import { BenchkeepError } from '../../../shared/errors.ts';
import { refuseAddress, refuseName } from './address-guard.ts';
import { contextOf } from './own-authority.ts';
import { proxyEnvironment } from './proxy-environment.ts';

export interface ConnectionRules {
  /** The person chose the endpoint, or it is the maker's own: then it may be in a private network. */
  mayBePrivate: boolean;
  /** Who proves servers, in PEM form; null for those that everybody trusts. */
  authority: readonly string[] | null;
  /** For tests: what names lead to. */
  lookup?: LookupFunction;
}

export interface Agents {
  http: HttpAgent;
  https: HttpsAgent;
  close(): void;
}

/** More than are ever wanted at once: a request that waits for a connection counts as one that nobody answers. */
const CONNECTIONS = 256;

/** Errors: `not_allowed` for a proxy that can't be used. */
export function openAgents(rules: ConnectionRules): Agents {
  const proxy = proxyEnvironment(process.env);
  const options: AgentOptions = {
    keepAlive: true,
    maxSockets: CONNECTIONS,
    ...(proxy === null ? {} : { proxyEnv: { ...proxy } }),
  };
  const http = new HttpAgent(options);
  const https = new HttpsAgent({
    ...options,
    ...(rules.authority === null ? {} : { secureContext: contextOf(rules.authority) }),
  });
  guard(http, rules);
  guard(https, rules);
  return {
    http,
    https,
    close() {
      http.destroy();
      https.destroy();
    },
  };
}

/** Every connection of an agent is made here, also one that a redirect asks for. */
function guard(agent: HttpAgent, rules: ConnectionRules): void {
  const { mayBePrivate, lookup = systemLookup } = rules;
  const create = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const host = options.host ?? '';
    const refused = refuseName(host, mayBePrivate);
    if (refused !== null) {
      callback?.(refused, undefined as never);
      return undefined;
    }
    return create({ ...options, lookup: guardedLookup(lookup, mayBePrivate) }, (error, socket) => {
      // Called also when all is well, of a plain connection with nothing at all.
      callback?.(error instanceof Error ? proxyFailure(error, host) : error, socket);
    });
  };
}

/** Whoever stands between says so with a status: what it means is not what a store would mean by it. */
function proxyFailure(error: Error & { code?: string; statusCode?: number }, host: string): Error {
  if (error.code !== 'ERR_PROXY_TUNNEL') return error;
  const { statusCode: status } = error;
  const why = status === undefined ? 'does not answer' : `refuses (${String(status)})`;
  return new BenchkeepError(
    status === 403 || status === 405 || status === 407 ? 'not_allowed' : 'offline',
    `The proxy of this computer's network ${why}, so ${host} can't be reached`,
    'Nothing was sent to the store. Check HTTPS_PROXY in the environment, with its user and password if it needs them, or ask whoever looks after the network; what is to go without it belongs into NO_PROXY.',
    { retry: true },
  );
}

/** One refused address refuses the name: which one is used is not ours to choose. */
export function guardedLookup(lookup: LookupFunction, mayBePrivate: boolean): LookupFunction {
  return (host, options, callback) => {
    lookup(host, options, (error, found, family) => {
      if (error !== null) {
        callback(error, found, family);
        return;
      }
      const addresses = typeof found === 'string' ? [found] : found.map(({ address }: LookupAddress) => address);
      const refused = addresses
        .map((address) => refuseAddress(address, host, mayBePrivate))
        .find((why) => why !== null);
      callback(refused ?? null, found, family);
    });
  };
}
