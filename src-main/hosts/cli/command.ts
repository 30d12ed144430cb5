/** What a command of the command line is made of (`cli.md` is the contract for all of them). */
import type { ContractRouterClient } from '@orpc/contract';
import type { Ask } from './ask-terminal.ts';
import type { Contract, JobProgress } from '../../../shared/contract/index.ts';

export type Client = ContractRouterClient<Contract>;

export interface OptionSpec {
  /** Name of the value in the usage line; without it the option is a switch. */
  value?: string;
  repeated?: boolean;
  help: string;
}

/** Parsed words after the command's own. */
export interface Arguments {
  positionals: string[];
  text(name: string): string | undefined;
  list(name: string): string[];
  has(name: string): boolean;
}

export interface CommandContext {
  /** The running engine, or one opened for this command; opened at the first call. */
  client(): Promise<Client>;
  arguments: Arguments;
  json: boolean;
  /** Aborts on SIGINT and SIGTERM. */
  signal: AbortSignal;
  /** Absolute form of a path argument; addresses (`s3://…`) stay. */
  absolute(path: string): string;
  /** A line on standard output, for commands that don't end. */
  line(text: string): void;
  /** Something that a person should know although all went well; on standard error, not with `--json`. */
  note(text: string): void;
  /** Asks the person who runs it. */
  ask: Ask;
  /** Shown on standard error where that is a terminal. */
  progress(progress: JobProgress): void;
  home: string;
  instance: string | null;
}

/** What a command answers: the document of `--json`, the text for people, and the exit code (0). */
export interface Answer {
  json: unknown;
  text: string;
  exitCode?: number;
}

export interface Command {
  /** The words that call it, for example `label add`. */
  name: string;
  /** Positional arguments as the usage line shows them. */
  usage: string;
  help: string;
  /** False where the connected instance needs not be opened: what chooses another one works also when it is damaged. */
  opensInstance?: false;
  /** Fewest and most positionals. */
  positionals: [number, number];
  options?: Record<string, OptionSpec>;
  /** Null where everything was printed on the way. */
  run(context: CommandContext): Promise<Answer | null>;
}
