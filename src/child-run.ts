import { spawn } from 'node:child_process';
import { PinbenchError } from './errors.js';
import { parseRecord } from './record/file.js';
import type { RunRecord } from './record/schema.js';

/** A `pinbench run` in a process of its own. */
export interface ChildRun {
  /** Path of node. */
  readonly node: string;
  /** Path of the program that is run: a `bin/pinbench.js`. */
  readonly program: string;
  /** Where it runs; the present folder where not given. */
  readonly folder?: string | undefined;
  /** The data file and the flags. */
  readonly args: readonly string[];
  /** Ends the process, which is given the time to end itself. */
  readonly signal?: AbortSignal | undefined;
}

/** What a child left: its record, or why there is none, in the words of its last line. */
export type ChildOutcome =
  | { readonly record: RunRecord }
  | { readonly failed: string; readonly code: number | undefined };

/** A child that was asked to end and does not is ended after this, ms. */
const GRACE_MS = 5000;
/** More of standard error than anybody reads is not kept, characters. */
const MOST_SAID = 10_000;

/** Runs it to its end. Throws `interrupted` where the signal fires; all else that goes wrong is told in the outcome. */
export async function childRun({ node, program, folder, args, signal }: ChildRun): Promise<ChildOutcome> {
  signal?.throwIfAborted();
  const child = spawn(node, [program, 'run', ...args, '--json', '-', '--no-progress', '--no-color'], {
    ...(folder !== undefined && { cwd: folder }),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A signal of the terminal reaches the parent alone, which then ends its children one way.
    detached: true,
  });
  const printed: Buffer[] = [];
  let said = '';
  child.stdout.on('data', (bytes: Buffer) => printed.push(bytes));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-MOST_SAID);
  });
  const end = () => {
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), GRACE_MS).unref();
  };
  signal?.addEventListener('abort', end);
  const code = await new Promise<number | NodeJS.Signals>((done) => {
    child.on('error', ({ message }) => {
      said = message;
    });
    child.on('close', (exitCode, by) => done(exitCode ?? by ?? 1));
  });
  signal?.removeEventListener('abort', end);
  if (signal?.aborted === true)
    throw new PinbenchError('interrupted', { subject: args[0] ?? 'run', observed: 'interrupted' });
  if (code === 0) {
    try {
      return { record: parseRecord(program, Buffer.concat(printed).toString('utf8')) };
    } catch (error) {
      if (!(error instanceof PinbenchError)) throw error;
      return { failed: error.message, code: 0 };
    }
  }
  const [last = ''] = said.trimEnd().split('\n').slice(-1);
  return {
    failed: last.replace(/^pinbench: /, '') || `it ended with ${code}`,
    code: typeof code === 'number' ? code : undefined,
  };
}
