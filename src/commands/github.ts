import { appendFile } from 'node:fs/promises';
import { PinbenchError } from '../errors.js';
import { annotationOfError } from '../report/github.js';
import { textForMarkdown } from '../report/layout.js';
import { reasonOf } from '../system-error.js';
import type { Terminal } from '../terminal.js';
import type { CompareFormat } from '../words.js';

/** GitHub Actions, where a command runs there: its job summary and its annotations. Elsewhere nothing is told. */
export class GitHub {
  readonly #terminal: Terminal;
  readonly #format: CompareFormat;

  constructor(terminal: Terminal, format: CompareFormat) {
    this.#terminal = terminal;
    this.#format = format;
  }

  /** Adds to the job's summary and prints the annotations. Where the summary cannot be written, the verdict still counts. */
  async publish(markdown: string, annotations: readonly string[]): Promise<void> {
    const { env } = this.#terminal.surroundings;
    if (env.GITHUB_ACTIONS !== 'true') return;
    await this.#summarise(markdown);
    // GitHub reads commands on either stream; what may go to a file has standard output for itself.
    const { stdout, stderr } = this.#terminal;
    for (const line of annotations) (this.#format === 'table' ? stdout : stderr).write(`${line}\n`);
  }

  /** Does a comparison, and tells why it could not be made where that is so. */
  async publishErrors<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof PinbenchError && error.code !== 'interrupted') {
        const text = textForMarkdown(`pinbench could not compare: ${error.message}`);
        await this.publish(text, [annotationOfError(error)]);
      }
      throw error;
    }
  }

  async #summarise(markdown: string): Promise<void> {
    const { surroundings, stderr } = this.#terminal;
    const path = surroundings.env.GITHUB_STEP_SUMMARY;
    if (!path) return;
    await appendFile(path, `${markdown}\n`).catch((cause) => {
      stderr.write(
        `pinbench: ${path}: cannot be written (${reasonOf(cause)}); there is no summary of this comparison\n`,
      );
    });
  }
}
