import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { createInterface } from 'node:readline';

/** A peer that does not end by itself is ended after this time. */
const STOP_MS = 5000;

/** What an epoch of a peer came to. */
export interface PeerEpoch {
  readonly ns: number;
  /** Of the scalars. */
  readonly sum: number;
}

/** A program that runs the same loops: see bench/peers. It is asked for an epoch at a time, so that all run side by side. */
export class Peer {
  readonly name: string;
  /** Why it ended before it was told to. */
  reason: string | undefined;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  private constructor(name: string, command: string, args: readonly string[]) {
    this.name = name;
    // JAX takes three quarters of a device at its start otherwise.
    const env = { ...process.env, XLA_PYTHON_CLIENT_PREALLOCATE: 'false' };
    this.#process = spawn(command, args, { env });
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /** The peer, ready; or why it is not there. */
  static async start(name: string, command: string, args: readonly string[]): Promise<Peer | string> {
    const peer = new Peer(name, command, args);
    let said = '';
    peer.#process.stderr.on('data', (bytes) => {
      said += bytes;
    });
    const gone = new Promise<string>((resolve) => {
      peer.#process.on('error', (error) => resolve(error.message));
      // A command to a peer that has gone is answered by its end.
      peer.#process.stdin.on('error', () => {});
      peer.#process.on('close', (code) => resolve(said.trim().split('\n').at(-1) || `ended with ${code}`));
    });
    const ready = await peer.#answer().catch(() => undefined);
    return ready === 'ready' ? peer : `${name}: ${await gone}`;
  }

  /** Gives it the order of an epoch, a file of int32 mini-batch indexes. */
  async order(batch: number, file: string): Promise<void> {
    await this.#ask(`order ${batch} ${file}`);
  }

  /** Undefined where it has ended: `reason` says why. */
  async epoch(strategy: 'feed' | 'pin', batch: number): Promise<PeerEpoch | undefined> {
    const answer = await this.#ask(`${strategy} ${batch}`);
    if (answer === undefined) return undefined;
    const [ns, sum] = answer.split(' ').map(Number);
    return { ns: ns!, sum: sum! };
  }

  /** Tells it to end, and waits until it has. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'close');
    this.#process.stdin.end();
    const patience = setTimeout(() => this.#process.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(patience);
  }

  async #ask(command: string): Promise<string | undefined> {
    if (this.reason !== undefined) return undefined;
    this.#process.stdin.write(`${command}\n`);
    try {
      return await this.#answer();
    } catch (error) {
      this.reason = error instanceof Error ? error.message : String(error);
      return undefined;
    }
  }

  async #answer(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`${this.name} ended`);
    return value;
  }
}
