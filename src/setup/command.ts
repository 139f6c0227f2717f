import { spawn } from 'node:child_process';
import { PinbenchError } from '../errors.js';

/** What a program said, where it did not end well. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

/** How a program is run. */
export interface CommandOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Never the working folder: python3 and npm load code and settings of the folder they are in. */
  readonly cwd: string;
  readonly signal?: AbortSignal;
}

/** Runs a program to its end and returns what it printed; `CommandFailed` with its last line where it fails or is not there. */
export async function command(
  program: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<string> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let printed = '';
  let said = '';
  child.stdout.on('data', (bytes) => {
    printed += bytes;
  });
  child.stderr.on('data', (bytes) => {
    said += bytes;
  });
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new CommandFailed(error.message, { cause: error })));
    child.on('close', (code) => {
      const lines = (said.trim() || printed.trim()).split('\n');
      const telling = lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1);
      if (code === 0) resolve(printed);
      else reject(new CommandFailed(telling || `${program} ended with ${code}`));
    });
  });
}

/** A tool that must be there, with the remedy where it is not. */
export async function mustHave(
  program: string,
  args: readonly string[],
  options: CommandOptions,
  remedy: string,
): Promise<void> {
  await command(program, args, options).catch((cause) => {
    throw new PinbenchError('engine', {
      subject: [program, ...args.slice(0, -1)].join(' '),
      observed: 'not there',
      remedy,
      cause,
    });
  });
}
