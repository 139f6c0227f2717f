import { spawn } from 'node:child_process';
import { PinbenchError } from '../errors.js';

/** Thrown if a program fails or cannot be started; the message is the most telling line that it printed. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

/** How to run a program. */
export interface CommandOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Never the user's working folder: python3 and npm load code and settings from the folder they run in. */
  readonly cwd: string;
  readonly signal?: AbortSignal;
}

/**
 * Runs a program to its end and returns what it printed to standard output. Throws `CommandFailed` if it fails or cannot be
 * started.
 */
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

/** Checks that a tool can be run. Throws an engine error with the remedy if it cannot. */
export async function mustHave(
  program: string,
  args: readonly string[],
  options: CommandOptions,
  remedy: string,
): Promise<void> {
  await command(program, args, options).catch((cause) => {
    throw new PinbenchError('engine', {
      subject: [program, ...args.slice(0, -1)].join(' '),
      observed: 'not found',
      remedy,
      cause,
    });
  });
}
