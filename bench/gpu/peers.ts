import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import process from 'node:process';
import { createInterface } from 'node:readline';

/** How long a peer is waited for. */
export interface PeerLimits {
  /** Until it is ready: Python has a framework to load, and that a device to start. */
  readonly readyMs: number;
  /** Until it has answered: an epoch takes seconds, and the first one compiles. */
  readonly answerMs: number;
  /** Until it has ended once it was told to. */
  readonly stopMs: number;
}

const LIMITS: PeerLimits = { readyMs: 60_000, answerMs: 30_000, stopMs: 5000 };
/** After its end, until the last of what it said has come. */
const LAST_WORDS_MS = 500;
/** Of what it says on stderr. */
const MOST_SAID = 10_000;

/** What an epoch of a peer came to. */
export interface PeerEpoch {
  readonly ns: number;
  /** Of the scalars. */
  readonly sum: number;
}

const running = new Set<Peer>();

/** Ends all peers at once, with what they started; whoever waits for one is told that it has ended. */
export function endPeers(reason: string): void {
  for (const peer of running) peer.end(reason);
}

/**
 * A program that runs the same loops: see bench/peers. It is asked for an epoch at a time, so that all run side by side. Whatever
 * it does, nobody waits for it beyond the limits: it is ended then, and `reason` says why.
 */
export class Peer {
  readonly name: string;
  /** Why it ended before it was told to. */
  reason: string | undefined;
  readonly #limits: PeerLimits;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #gone: Promise<undefined>;
  #said = '';

  private constructor(name: string, command: string, args: readonly string[], limits: PeerLimits) {
    this.name = name;
    this.#limits = limits;
    // JAX takes three quarters of a device at its start otherwise.
    const env = { ...process.env, XLA_PYTHON_CLIENT_PREALLOCATE: 'false' };
    // A group of its own: it can be ended with all that it has started.
    this.#process = spawn(command, args, { env, detached: true });
    const { stdin, stdout, stderr } = this.#process;
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
    stderr.on('data', (bytes) => {
      this.#said = `${this.#said}${bytes}`.slice(-MOST_SAID);
    });
    // A command to a peer that has gone is answered by its end.
    stdin.on('error', () => {});
    running.add(this);
    this.#gone = new Promise((resolve) => {
      const ended = (reason: string) => {
        this.reason ??= reason;
        running.delete(this);
        for (const stream of [stdin, stdout, stderr]) stream.destroy();
        resolve(undefined);
      };
      const byItself = (code: number | null, signal: string | null) =>
        ended(this.#said.trim().split('\n').at(-1) || `ended with ${code ?? signal}`);
      this.#process.on('error', ({ message }) => ended(message));
      this.#process.on('close', byItself);
      // What it has started may live on and keep its output open.
      this.#process.on('exit', (code, signal) => {
        this.#kill();
        setTimeout(byItself, LAST_WORDS_MS, code, signal);
      });
    });
  }

  /** The peer, ready; or why it is not there. */
  static async start(
    name: string,
    command: string,
    args: readonly string[],
    limits = LIMITS,
  ): Promise<Peer | string> {
    const peer = new Peer(name, command, args, limits);
    const said = await peer.#answer(limits.readyMs, 'was not ready');
    if (said === 'ready') return peer;
    if (said !== undefined) peer.end(`said ${JSON.stringify(said)} before it was ready`);
    return `${name}: ${peer.reason}`;
  }

  /** Gives it the order of an epoch, a file of int32 mini-batch indexes. */
  async order(batch: number, file: string): Promise<void> {
    const answer = await this.#ask(`order ${batch} ${file}`);
    if (answer !== undefined && answer !== 'ok') this.#misunderstood(answer);
  }

  /** Undefined where it has ended: `reason` says why. */
  async epoch(strategy: 'feed' | 'pin', batch: number): Promise<PeerEpoch | undefined> {
    const answer = await this.#ask(`${strategy} ${batch}`);
    if (answer === undefined) return undefined;
    const [ns, sum, ...more] = answer.split(' ').map(Number);
    if (Number.isFinite(ns) && Number.isFinite(sum) && more.length === 0) return { ns: ns!, sum: sum! };
    this.#misunderstood(answer);
    return undefined;
  }

  /** Tells it to end, and waits until it has. */
  async stop(): Promise<void> {
    if (!running.has(this)) return;
    // That it ends now is no reason to be told of.
    const { reason } = this;
    this.#process.stdin.end();
    const patience = setTimeout(() => this.#kill(), this.#limits.stopMs);
    await this.#gone;
    clearTimeout(patience);
    this.reason = reason;
  }

  /** Ends it, with what it started. */
  end(reason: string): void {
    this.reason ??= reason;
    this.#kill();
  }

  #kill(): void {
    const { pid } = this.#process;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // None of them is left.
    }
  }

  async #ask(command: string): Promise<string | undefined> {
    if (this.reason !== undefined) return undefined;
    this.#process.stdin.write(`${command}\n`);
    return this.#answer(this.#limits.answerMs, `did not answer "${command.split(' ')[0]}"`);
  }

  /** Its next line; `undefined` where it has ended, or where it has been waited for long enough and is ended. */
  async #answer(ms: number, what: string): Promise<string | undefined> {
    const patience = setTimeout(() => this.end(`${what} in ${ms / 1000} s`), ms);
    const line = async () => {
      const { value, done } = await this.#lines.next();
      return done === true ? this.#gone : value;
    };
    const answer = await Promise.race([line(), this.#gone]);
    clearTimeout(patience);
    return answer;
  }

  #misunderstood(answer: string): void {
    this.end(`answered ${JSON.stringify(answer)}`);
  }
}
