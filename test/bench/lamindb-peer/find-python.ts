import { runProgram } from './run-program.ts';

/** A Python of this computer that can make a virtual environment: the command and its first arguments. */
export interface Python {
  command: string;
  args: string[];
}

const candidates: Python[] = [
  { command: 'python3', args: [] },
  ...['3.13', '3.12', '3.11', '3.10'].map((version) => ({ command: `python${version}`, args: [] })),
  { command: 'python', args: [] },
  { command: 'py', args: ['-3'] },
];

const question = 'import sys, json; import venv, ensurepip; print(json.dumps(sys.version_info[:2]))';

/** The first Python 3.10 or newer with `venv` and `ensurepip`, or null when this computer has none. */
export async function findPython(): Promise<Python | null> {
  for (const python of candidates) {
    const answer = await runProgram(python.command, [...python.args, '-I', '-c', question], { timeout: 20_000 });
    if (answer.exitCode !== 0) continue;
    const [major = 0, minor = 0] = JSON.parse(answer.stdout) as number[];
    if (major === 3 && minor >= 10) return python;
  }
  return null;
}
