import { spawn } from 'node:child_process';

export interface ProgramResult {
  /** 0 when it went well; otherwise the reason is in `lastLine`. */
  exitCode: number;
  stdout: string;
  /** The last line it wrote to stderr, or else to stdout: what a person needs to see of a failure. */
  lastLine: string;
}

export interface ProgramOptions {
  cwd?: string;
  env?: Record<string, string | undefined>;
  /** The program is killed after this many milliseconds. */
  timeout: number;
}

/** Runs a program to its end. A program that is missing is a result with exit code 127, no throw. */
export function runProgram(command: string, args: string[], options: ProgramOptions): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      ...options,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', (error) => resolve({ exitCode: 127, stdout, lastLine: error.message }));
    child.once('close', (code, signal) => {
      const lines = (stderr.trim() || stdout.trim()).split('\n');
      const lastLine = signal ? `ended by ${signal}` : (lines.at(-1) ?? '').trim();
      resolve({ exitCode: code ?? 1, stdout, lastLine });
    });
  });
}
