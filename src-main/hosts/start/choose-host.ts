/** Which window `npm start` opens: the decisions, from facts that `start.ts` gathered. */

/** A failed download is not tried again at each start. */
export const RETRY_AFTER_MS = 24 * 60 * 60 * 1000;

export interface StartFacts {
  platform: NodeJS.Platform;
  hasDisplay: boolean;
  isRoot: boolean;
  /** `BENCHKEEP_NO_OPEN`: only print the address. */
  noOpen: boolean;
  /** `BENCHKEEP_ELECTRON`: `retry` downloads although it failed before, `no` asks for the browser. */
  electron: string | undefined;
  /** Absolute path of Electron's program; null if it isn't there. */
  binary: string | null;
  /** Milliseconds since 1970. */
  now: number;
  lastFailure: number | null;
}

export type HostChoice =
  | { host: 'electron'; binary: string }
  | { host: 'download' }
  /** `why` is the one line for the person; null where they asked for it. */
  | { host: 'browser'; open: boolean; why: string | null };

const BROWSER = 'the window opens in your browser';

export function chooseHost(facts: StartFacts): HostChoice {
  if (facts.noOpen) return { host: 'browser', open: false, why: null };
  if (!facts.hasDisplay) {
    return { host: 'browser', open: false, why: 'There is no display here: open this address in a browser.' };
  }
  if (facts.electron === 'no') return { host: 'browser', open: true, why: null };
  if (facts.isRoot && facts.platform === 'linux') {
    return inBrowser('Electron keeps its sandbox and does not run as root');
  }
  if (facts.binary !== null) return { host: 'electron', binary: facts.binary };
  if (facts.electron !== 'retry' && failedLately(facts)) {
    return inBrowser('Electron could not be downloaded at an earlier start (BENCHKEEP_ELECTRON=retry tries again)');
  }
  return { host: 'download' };
}

/** What follows a download that failed, or an Electron that ended at once. */
export function inBrowser(reason: string): HostChoice {
  return { host: 'browser', open: true, why: `${reason}: ${BROWSER}.` };
}

function failedLately({ lastFailure, now }: StartFacts): boolean {
  // A clock that was set back must not keep the download away for longer.
  return lastFailure !== null && lastFailure <= now && now - lastFailure < RETRY_AFTER_MS;
}
