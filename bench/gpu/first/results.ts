// The log and the summary of first-contact. Writing to their folder may fail at any time.
import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { Outcome, Part } from './part.js';

/** The most characters of the parts' output in the log. */
const MAX_LOG_CHARACTERS = 15 * 2 ** 20;

/** The state of each part so far. */
export type Outcomes = ReadonlyMap<Part, Outcome | 'running'>;

export class Results {
  readonly summaryPath: string;
  readonly #folder: string;
  readonly #complain: (sentence: string) => void;
  #left = MAX_LOG_CHARACTERS;
  #logFails = false;

  /** `complain` is called once for what cannot be written. */
  constructor(folder: string, complain: (sentence: string) => void) {
    this.#folder = folder;
    this.#complain = complain;
    this.summaryPath = join(folder, 'first-contact.md');
  }

  /** Starts a new log and summary. Throws if the summary cannot be written. */
  begin(summary: string): void {
    mkdirSync(this.#folder, { recursive: true });
    this.#replaceSummary(summary);
    this.#tryLog(() => writeFileSync(this.#logPath, ''));
  }

  log(text: string): void {
    this.#left -= text.length;
    if (this.#left < 0 || this.#logFails) return;
    this.#tryLog(() => appendFileSync(this.#logPath, text));
  }

  /**
   * Writes the summary, recreating the folder if it was removed. Returns whether it was written; if not, the previous one stays.
   */
  summarise(summary: string): boolean {
    try {
      if (mkdirSync(this.#folder, { recursive: true }) !== undefined) {
        this.#complain(`${this.#folder} was removed and has been recreated; the log starts again`);
      }
      this.#replaceSummary(summary);
      return true;
    } catch {
      return false;
    }
  }

  get #logPath(): string {
    return join(this.#folder, 'log.txt');
  }

  #replaceSummary(summary: string): void {
    const next = `${this.summaryPath}.next`;
    try {
      writeFileSync(next, summary);
      renameSync(next, this.summaryPath);
    } catch (error) {
      try {
        rmSync(next, { force: true });
      } catch {}
      throw error;
    }
  }

  #tryLog(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#logFails = true;
      this.#complain(`the log is incomplete: ${(error as Error).message}`);
    }
  }
}

/** The summary in Markdown: a table of all parts, and the last lines of output of those that ran. */
export function summaryOf(parts: readonly Part[], outcomes: Outcomes): string {
  const rows = parts.map((part) => {
    const outcome = outcomes.get(part) ?? 'not started';
    if (typeof outcome === 'string') return `| ${part.name} | ${outcome} | |`;
    return `| ${part.name} | ${inCell(outcome.what)} | ${outcome.seconds.toFixed(1)} |`;
  });
  const details = parts.flatMap((part) => {
    const outcome = outcomes.get(part) ?? 'not started';
    if (typeof outcome === 'string' || outcome.state === 'skipped') return [];
    return [`## ${part.name}\n\n\`\`\`\n${outcome.lines.join('\n')}\n\`\`\``];
  });
  const head = `# First contact\n\n${new Date().toISOString()}, Node ${process.version}`;
  const table = ['| part | outcome | s |', '| --- | --- | ---: |', ...rows].join('\n');
  return `${[head, table, ...details].join('\n\n')}\n`;
}

const inCell = (text: string) => text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ');
