import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** What an epoch of a peer came to. */
export interface PeerEpoch {
  readonly ns: number;
  /** Of the scalars. */
  readonly sum: number;
}

/** A program that runs the same loops: see bench/peers. It is asked for an epoch at a time, so that all run side by side. */
export class Peer {
  readonly name: string;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  private constructor(name: string, command: string, args: readonly string[]) {
    this.name = name;
    this.#process = spawn(command, args);
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

  async epoch(strategy: 'feed' | 'pin', batch: number): Promise<PeerEpoch> {
    const [ns, sum] = (await this.#ask(`${strategy} ${batch}`)).split(' ').map(Number);
    return { ns: ns!, sum: sum! };
  }

  stop(): void {
    this.#process.stdin.end();
  }

  async #ask(command: string): Promise<string> {
    this.#process.stdin.write(`${command}\n`);
    return this.#answer();
  }

  async #answer(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`${this.name} ended`);
    return value;
  }
}
