/** The connections of one client: kept open, to addresses that may be asked only, with a lab's own authority. */
import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { Agent as HttpAgent, type AgentOptions } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { SecureContext } from 'node:tls';
import { refuseAddress, refuseName } from './address-guard.ts';

export interface ConnectionRules {
  /** The person chose the endpoint, or it is the maker's own: then it may be in a private network. */
  mayBePrivate: boolean;
  /** Who proves servers; null for those that everybody trusts. */
  authority: SecureContext | null;
  /** For tests: what names lead to. */
  lookup?: LookupFunction;
}

export interface Agents {
  http: HttpAgent;
  https: HttpsAgent;
  close(): void;
}

const CONNECTIONS = 16;

export function openAgents(rules: ConnectionRules): Agents {
  const options: AgentOptions = { keepAlive: true, maxSockets: CONNECTIONS };
  const http = new HttpAgent(options);
  const https = new HttpsAgent({
    ...options,
    ...(rules.authority === null ? {} : { secureContext: rules.authority }),
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
    const refused = refuseName(options.host ?? '', mayBePrivate);
    if (refused !== null) {
      callback?.(refused, undefined as never);
      return undefined;
    }
    return create({ ...options, lookup: guardedLookup(lookup, mayBePrivate) }, callback);
  };
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
