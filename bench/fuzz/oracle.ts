import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Answer } from '../../src/data/testing/agreement.js';
import type { Kind } from '../../src/data/testing/cases.js';

/** The versions of Python and of the libraries that answer. */
export type Versions = Readonly<Record<'python' | 'numpy' | 'pyarrow', string>>;

const CODES: Readonly<Record<Kind, string>> = { npy: 'n', arrow: 'a' };

/** numpy and pyarrow in a separate process, which may crash and is then restarted. */
export class Oracle {
  readonly #python: string;
  readonly #script: string;
  #process: ChildProcessWithoutNullStreams | undefined;
  #lines: AsyncIterator<string> | undefined;

  constructor(python: string, script: string) {
    this.#python = python;
    this.#script = script;
  }

  /** Starts the process; `undefined` if Python or a library is missing. */
  async start(): Promise<Versions | undefined> {
    const child = spawn(this.#python, [this.#script], { stdio: ['pipe', 'pipe', 'pipe'] });
    // The end of its output shows that a process ended.
    child.on('error', () => {});
    child.stdin.on('error', () => {});
    child.stderr.resume();
    this.#process = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { value, done } = await this.#lines.next();
    return done === true ? undefined : JSON.parse(value);
  }

  /** Returns what it says about each file. If a file crashes it, the others are sent again. */
  async ask(kind: Kind, contents: readonly Uint8Array[]): Promise<Answer[]> {
    const answers: Answer[] = [];
    while (answers.length < contents.length) {
      this.#send(kind, contents.slice(answers.length));
      const before = answers.length;
      while (answers.length < contents.length) {
        const { value, done } = await this.#lines!.next();
        if (done === true) break;
        answers.push(JSON.parse(value));
      }
      if (answers.length === contents.length) break;
      await this.start();
      // Replies are flushed together, so files are sent one at a time to find out which one it was.
      if (contents.length === 1) return [{ died: true }];
      const next = answers.length === before ? contents.slice(before) : [];
      for (const content of next) answers.push(...(await this.ask(kind, [content])));
    }
    return answers;
  }

  #send(kind: Kind, contents: readonly Uint8Array[]): void {
    const frames = contents.flatMap((content) => [frame(CODES[kind], content.length), content]);
    this.#process!.stdin.write(Buffer.concat([...frames, frame('.', 0)]));
  }

  stop(): void {
    this.#process?.stdin.end();
  }
}

function frame(code: string, length: number): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.write(code, 'latin1');
  prefix.writeUInt32LE(length, 1);
  return prefix;
}
