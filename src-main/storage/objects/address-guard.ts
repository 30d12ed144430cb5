/**
 * Which addresses the program connects to (`S-10`): an endpoint may come from a registry that others wrote, and must
 * not make this computer ask what only it can reach. Judged is what a name leads to when it is connected to, so neither
 * a name that changes its address nor a redirect gets past it.
 */
import { BlockList, isIP, isIPv6 } from 'node:net';
import { BenchkeepError } from '../../../shared/errors.ts';

/** Those of this link, of nobody, and the services by which machines in a cloud get their credentials: never. */
const NEVER = blockList([
  ['169.254.0.0', 16],
  ['0.0.0.0', 8],
  ['100.100.100.200', 32],
  ['168.63.129.16', 32],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['fe80::', 10],
  ['ff00::', 8],
  ['::', 128],
  ['fd00:ec2::254', 128],
  ['fd20:ce::254', 128],
]);
/** Of this computer and of the networks behind a router: where the person wants it. */
const PRIVATE = blockList([
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['198.18.0.0', 15],
  ['::1', 128],
  ['fc00::', 7],
  ['fec0::', 10],
]);
const METADATA_NAMES = /^(?:metadata|metadata\.google\.internal|metadata\.goog|instance-data(?:\.ec2\.internal)?)\.?$/i;

function blockList(ranges: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [address, bits] of ranges) list.addSubnet(address, bits, isIPv6(address) ? 'ipv6' : 'ipv4');
  return list;
}

/** `mayBePrivate`: the person chose the endpoint, or it is the maker's own. Null where nothing speaks against it. */
export function refuseName(host: string, mayBePrivate: boolean): BenchkeepError | null {
  const name = host.replace(/^\[|\]$/g, '');
  if (METADATA_NAMES.test(name)) return never(name);
  if (isIP(name) !== 0) return refuseAddress(name, name, mayBePrivate);
  return !mayBePrivate && /(?:^|\.)localhost\.?$/i.test(name) ? notChosen(name, name) : null;
}

/** `address`: what `host` leads to. */
export function refuseAddress(address: string, host: string, mayBePrivate: boolean): BenchkeepError | null {
  const plain = embedded(address.replace(/%.*$/, ''));
  const family = isIPv6(plain) ? 'ipv6' : 'ipv4';
  if (isIP(plain) === 0 || NEVER.check(plain, family)) return never(host);
  return !mayBePrivate && PRIVATE.check(plain, family) ? notChosen(host, plain) : null;
}

/** The IPv4 address that some IPv6 addresses stand for: mapped, compatible, NAT64 and 6to4. */
function embedded(address: string): string {
  if (!isIPv6(address)) return address;
  const groups = groupsOf(address);
  const [high = 0, low = 0] =
    groups.slice(0, 5).every((group) => group === 0) && (groups[5] === 0xffff || (groups[5] === 0 && groups[6] !== 0))
      ? groups.slice(6)
      : groups[0] === 0x64 && groups[1] === 0xff9b
        ? groups.slice(6)
        : groups[0] === 0x2002
          ? groups.slice(1, 3)
          : [];
  return high === 0 && low === 0 ? address : [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** The eight numbers of an IPv6 address. */
function groupsOf(address: string): number[] {
  // The parser of addresses writes any of them in one way, without dots.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const numbers = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => parseInt(group, 16)));
  const [before, after] = [numbers(head), numbers(tail ?? '')];
  return [...before, ...Array<number>(tail === undefined ? 0 : 8 - before.length - after.length).fill(0), ...after];
}

function never(host: string): BenchkeepError {
  return new BenchkeepError(
    'not_allowed',
    `${shown(host)} is an address that no store has`,
    'Nothing was sent there. Check the address of the server that the storage has.',
  );
}

function notChosen(host: string, address: string): BenchkeepError {
  const where = host === address ? shown(host) : `${shown(host)} (${address})`;
  return new BenchkeepError(
    'not_allowed',
    `The server ${where} is in a private network, and was not chosen on this computer`,
    'Nothing was sent there. If it is right, say so by testing it: benchkeep storage test "ROOT?endpoint_url=ADDRESS".',
    { details: { about: 'private' } },
  );
}

function shown(host: string): string {
  return host.replace(/[^\w.:-]/g, '?').slice(0, 100);
}
