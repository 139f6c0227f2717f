import { type ChildProcess, spawn } from 'node:child_process';
import { PinbenchError } from './errors.js';
import { MAX_RECORD_BYTES, parseRecord } from './record/file.js';
import type { RunRecord } from './record/schema.js';
import { endGroupAtExit, endGroupOf, surroundingsOfProcess, TURNS } from './terminal.js';
import { formatDuration } from './units.js';

/** A `pinbench run` in a separate process. */
export interface ChildRun {
  /** The path of node. */
  readonly node: string;
  /** The path of the program: a `bin/pinbench.js`. */
  readonly program: string;
  /** Its working folder; default: the current one. */
  readonly folder?: string | undefined;
  /** The flags and the data file. */
  readonly args: readonly string[];
  /** The longest it may take, ns; default: unlimited. */
  readonly limitNs?: number | undefined;
  /** Ends the process, which has `GRACE_MS` to exit by itself. */
  readonly signal?: AbortSignal | undefined;
  /** The child asks before each round, and waits until it may go on. */
  readonly inTurns?: boolean | undefined;
}

/** The record of a child, or why it has none: usually the last line that it printed. */
export type ChildOutcome =
  | { readonly record: RunRecord }
  | { readonly failed: string; readonly code: number | undefined };

/** A child that was asked to end and has not is killed after this time, ms. */
const GRACE_MS = 5000;
/** The end of standard error that is kept, characters. */
const MAX_STDERR_CHARACTERS = 10_000;
/**
 * How long the pipes and the channel of a child that has exited are read, ms. Its output is there at once, but its own child
 * processes may hold them open.
 */
const DRAIN_MS = 1000;

/** A child process that was started. */
export interface Child {
  /** Settles when the child has ended. Rejects with `interrupted` if the signal fired; the outcome describes all other failures. */
  readonly outcome: Promise<ChildOutcome>;
  /** Resolves to true when the child asks for its turn, or to false when it has ended. */
  asks(): Promise<boolean>;
  /** Lets the child go on. */
  go(): void;
}

/** Runs a child to its end. Throws `interrupted` if the signal fires; the outcome describes all other failures. */
export function childRun(request: ChildRun): Promise<ChildOutcome> {
  return startChild(request).outcome;
}

/** Starts a child. Throws `interrupted` if the signal has fired. */
export function startChild(request: ChildRun): Child {
  const { node, program, folder, args, signal, inTurns = false } = request;
  if (signal?.aborted === true) throw interruptedRun();
  // These flags come first, because flags after -- are not parsed.
  const flags = ['--json', '-', '--quiet', '--no-progress', '--no-color'];
  const child = spawn(node, [program, 'run', ...flags, ...args], {
    ...(folder !== undefined && { cwd: folder }),
    env: { ...surroundingsOfProcess().env, [TURNS]: inTurns ? '1' : '0' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // In a process group of its own, the child does not get the terminal's signals; the parent ends it.
    detached: true,
  });
  const outcome = outcomeOf(child, request);
  // The child may fail before anybody waits for its outcome.
  const end = outcome.then(
    () => {},
    () => {},
  );
  return { outcome, ...turnsOf(child, end) };
}

/** The turns of a child, which asks with a message; any message is the permission. */
function turnsOf(child: ChildProcess, end: Promise<void>): Pick<Child, 'asks' | 'go'> {
  let [asked, ended] = [0, false];
  let wake = () => {};
  child.on('message', () => {
    asked += 1;
    wake();
  });
  void end.then(() => {
    ended = true;
    wake();
  });
  return {
    async asks() {
      while (asked === 0 && !ended) {
        await new Promise<void>((done) => {
          wake = done;
        });
      }
      if (asked === 0) return false;
      asked -= 1;
      return true;
    },
    go() {
      // A child that has just ended cannot be told.
      if (child.connected) child.send('go', () => {});
    },
  };
}

async function outcomeOf(child: ChildProcess, { program, limitNs, signal }: ChildRun): Promise<ChildOutcome> {
  const [stdout, stderr] = [child.stdout!, child.stderr!];
  const forget = endGroupAtExit(child);
  const printed: Buffer[] = [];
  let printedBytes = 0;
  let said = '';
  let ended: string | undefined;
  stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-MAX_STDERR_CHARACTERS);
  });
  const end = () => {
    child.kill('SIGTERM');
    setTimeout(() => endGroupOf(child), GRACE_MS).unref();
  };
  const endAs = (reason: string) => {
    ended ??= reason;
    end();
  };
  stdout.on('data', (bytes: Buffer) => {
    printedBytes += bytes.length;
    if (printedBytes <= MAX_RECORD_BYTES) printed.push(bytes);
    else endAs('its output is larger than any record');
  });
  signal?.addEventListener('abort', end);
  const limit =
    limitNs === undefined
      ? undefined
      : setTimeout(() => endAs(`it did not end within ${formatDuration(limitNs)}`), limitNs / 1e6);
  const code = await new Promise<number | NodeJS.Signals>((done) => {
    child.on('error', ({ message }) => {
      said = message;
    });
    child.on('exit', (exitCode, by) => {
      endGroupOf(child);
      setTimeout(() => {
        stdout.destroy();
        stderr.destroy();
        if (child.connected) child.disconnect();
        done(exitCode ?? by ?? 1);
      }, DRAIN_MS).unref();
    });
    child.on('close', (exitCode, by) => done(exitCode ?? by ?? 1));
  });
  clearTimeout(limit);
  forget();
  signal?.removeEventListener('abort', end);
  if (signal?.aborted === true) throw interruptedRun();
  if (ended !== undefined) return { failed: ended, code: undefined };
  if (code === 0) {
    try {
      return { record: parseRecord(program, Buffer.concat(printed).toString('utf8')) };
    } catch (error) {
      if (!(error instanceof PinbenchError)) throw error;
      return { failed: error.message, code: 0 };
    }
  }
  return {
    failed:
      reasonIn(said) ||
      `it ended with ${typeof code === 'number' ? `exit code ${code}` : `the signal ${code}`}`,
    code: typeof code === 'number' ? code : undefined,
  };
}

/** The last line of standard error, or the error if Node printed it with its stack. */
function reasonIn(said: string): string {
  const lines = said.trimEnd().split('\n');
  const last = lines.at(-1)!;
  const crash = /^Node\.js v\d/.test(last) ? lines.findLast((line) => /^\w*Error\b/.test(line)) : undefined;
  return (crash ?? last).replace(/^pinbench: /, '');
}

function interruptedRun(): PinbenchError {
  return new PinbenchError('interrupted', { subject: 'run', observed: 'interrupted' });
}
