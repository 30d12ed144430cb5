/** `serve`: the window in a browser. */
import process from 'node:process';
import { BenchkeepError, reviveError } from '../../../../shared/errors.ts';
import type { Command } from '../command.ts';
import { wholeNumber } from '../whole-number.ts';

const serve: Command = {
  name: 'serve',
  usage: '',
  help: 'the window in the browser',
  positionals: [0, 0],
  options: { port: { value: 'P', help: 'a fixed port' }, 'no-open': { help: 'only print the address' } },
  async run(context) {
    const given = context.arguments;
    const port = given.text('port');
    if (port !== undefined && wholeNumber(port, 0) > 65_535) {
      throw new BenchkeepError('invalid_argument', `There is no port ${port}`, 'Give a number up to 65535.');
    }
    // Loaded only now: no other command pays for the server, and the host stays a program of its own when built.
    const { offerNewAddresses, startBrowserHost } = await import('../../browser/main.ts');
    const host = await startBrowserHost({
      ...(port === undefined ? {} : { port: wholeNumber(port, 0) }),
      open: !given.has('no-open'),
      home: context.home,
      instance: context.instance,
      print: (text) => {
        // The first line is the address, also for programs; what follows is for people.
        if (!text.startsWith('http://')) context.note(text);
        else context.line(context.json ? JSON.stringify({ address: text }) : text);
      },
    });
    offerNewAddresses(host, process.stdin, context.line);
    const stop = (): void => void host.close();
    if (context.signal.aborted) stop();
    context.signal.addEventListener('abort', stop, { once: true });
    const { error } = await host.closed;
    if (error !== null) throw reviveError(error);
    return null;
  },
};

export const serveCommands: readonly Command[] = [serve];
