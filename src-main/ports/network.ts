/** The networks that this computer is connected to, as an argument. */
import { networkInterfaces } from 'node:os';

/** A text that is another one as soon as the interfaces or their addresses are. Asks the system only, sends nothing. */
export type Network = () => string;

export const systemNetwork: Network = () => {
  try {
    return Object.entries(networkInterfaces())
      .flatMap(([name, addresses = []]) => addresses.map(({ cidr, address, mac }) => [name, cidr ?? address, mac]))
      .map((parts) => parts.join(' '))
      .sort()
      .join('\n');
  } catch {
    // Where the system does not say, nothing is concluded.
    return '';
  }
};

/** Whether it is another network than when this was asked last, or made. */
export function networkChanges(network: Network): () => boolean {
  let known = network();
  return () => {
    const now = network();
    const isOther = now !== known;
    known = now;
    return isOther;
  };
}
