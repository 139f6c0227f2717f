import { appendFile } from 'node:fs/promises';
import { PinbenchError } from '../errors.js';
import { annotationOfError } from '../report/github.js';
import { textForMarkdown } from '../report/layout.js';
import { systemReasonOf } from '../system-error.js';
import type { Terminal } from '../terminal.js';
import type { CompareFormat } from '../words.js';

/** Publishes results to the job summary and as annotations if a command runs in GitHub Actions; does nothing elsewhere. */
export class GitHub {
  readonly #terminal: Terminal;
  readonly #format: CompareFormat;

  constructor(terminal: Terminal, format: CompareFormat) {
    this.#terminal = terminal;
    this.#format = format;
  }

  /** Appends to the job summary and prints the annotations. If the summary cannot be written, the verdict still counts. */
  async publish(markdown: string, annotations: readonly string[]): Promise<void> {
    const { env } = this.#terminal.surroundings;
    if (env.GITHUB_ACTIONS !== 'true') return;
    await this.#summarise(markdown);
    // GitHub reads annotations from either stream. JSON and Markdown may be redirected to a file, so theirs go to standard error.
    const { stdout, stderr } = this.#terminal;
    for (const line of annotations) (this.#format === 'table' ? stdout : stderr).write(`${line}\n`);
  }

  /** Runs a comparison. If it throws, publishes the error and throws it again. */
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
        `pinbench: ${path}: cannot be written (${systemReasonOf(cause)}); this comparison is not in the job summary\n`,
      );
    });
  }
}
