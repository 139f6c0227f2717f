import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import process from 'node:process';
import { createInterface } from 'node:readline';

/** Time limits of a peer, in ms. */
export interface PeerLimits {
  /** Until it is ready: Python loads a framework, which initializes the device. */
  readonly readyMs: number;
  /** Until it answers: an epoch takes seconds, and the first one includes compilation. */
  readonly answerMs: number;
  /** Until it has ended after it was told to. */
  readonly stopMs: number;
}

const LIMITS: PeerLimits = { readyMs: 60_000, answerMs: 30_000, stopMs: 5000 };
/** How long to wait, after a peer's exit, for its remaining output. */
const LAST_WORDS_MS = 500;
/** The most characters of its stderr that are kept. */
const MAX_STDERR_CHARACTERS = 10_000;

/** The result of an epoch of a peer. */
export interface PeerEpoch {
  readonly ns: number;
  /** The sum of the scalars. */
  readonly sum: number;
}

const running = new Set<Peer>();

/** Kills all peers and their child processes. Pending requests resolve to `undefined`. */
export function endPeers(reason: string): void {
  for (const peer of running) peer.end(reason);
}

/**
 * A program that runs the same loops: see bench/peers. It runs one epoch per request, so that all peers can be interleaved. A
 * peer that exceeds a time limit is killed, and `reason` says why.
 */
export class Peer {
  readonly name: string;
  /** Why the peer ended before it was told to. */
  reason: string | undefined;
  readonly #limits: PeerLimits;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #gone: Promise<undefined>;
  #said = '';

  private constructor(name: string, command: string, args: readonly string[], limits: PeerLimits) {
    this.name = name;
    this.#limits = limits;
    // Otherwise JAX allocates three quarters of the device memory at its start.
    const env = { ...process.env, XLA_PYTHON_CLIENT_PREALLOCATE: 'false' };
    // A process group of its own, so that it can be killed with its children.
    this.#process = spawn(command, args, { env, detached: true });
    const { stdin, stdout, stderr } = this.#process;
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
    stderr.on('data', (bytes) => {
      this.#said = `${this.#said}${bytes}`.slice(-MAX_STDERR_CHARACTERS);
    });
    // Writing to a peer that has exited fails; its exit is handled below.
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
      // Its children may live on and keep its output open.
      this.#process.on('exit', (code, signal) => {
        this.#kill();
        setTimeout(byItself, LAST_WORDS_MS, code, signal);
      });
    });
  }

  /** Starts a peer. Returns it once it is ready, or the reason why it cannot be used. */
  static async start(
    name: string,
    command: string,
    args: readonly string[],
    limits = LIMITS,
  ): Promise<Peer | string> {
    const peer = new Peer(name, command, args, limits);
    const said = await peer.#answer(limits.readyMs, 'was not ready');
    if (said === 'ready') return peer;
    if (said !== undefined) peer.end(`printed ${JSON.stringify(said)} instead of "ready"`);
    return `${name}: ${peer.reason}`;
  }

  /** Sends the peer the order of an epoch: the path of a file of int32 mini-batch indexes. */
  async order(batch: number, file: string): Promise<void> {
    const answer = await this.#ask(`order ${batch} ${file}`);
    if (answer !== undefined && answer !== 'ok') this.#misunderstood(answer);
  }

  /** Runs an epoch. `undefined` if the peer has ended; `reason` says why. */
  async epoch(strategy: 'feed' | 'pin', batch: number): Promise<PeerEpoch | undefined> {
    const answer = await this.#ask(`${strategy} ${batch}`);
    if (answer === undefined) return undefined;
    const [ns, sum, ...more] = answer.split(' ').map(Number);
    if (Number.isFinite(ns) && Number.isFinite(sum) && more.length === 0) return { ns: ns!, sum: sum! };
    this.#misunderstood(answer);
    return undefined;
  }

  /** Tells the peer to end, and waits until it has. */
  async stop(): Promise<void> {
    if (!running.has(this)) return;
    // Its regular end must not become the reason.
    const { reason } = this;
    this.#process.stdin.end();
    const patience = setTimeout(() => this.#kill(), this.#limits.stopMs);
    await this.#gone;
    clearTimeout(patience);
    this.reason = reason;
  }

  /** Kills the peer and its children. */
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
      // None of the processes is left.
    }
  }

  async #ask(command: string): Promise<string | undefined> {
    if (this.reason !== undefined) return undefined;
    this.#process.stdin.write(`${command}\n`);
    return this.#answer(this.#limits.answerMs, `did not answer "${command.split(' ')[0]}"`);
  }

  /** The peer's next line; `undefined` if it has ended. After `ms` it is killed, with `what` as the reason. */
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
