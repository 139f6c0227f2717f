// The log and the summary of a first contact, in a folder that may fail at any time.
import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { Outcome, Part } from './part.js';

/** Of all that the parts print. */
const MOST_LOG_CHARACTERS = 15 * 2 ** 20;

/** What became of each part so far. */
export type Outcomes = ReadonlyMap<Part, Outcome | 'running'>;

export class Results {
  readonly summaryPath: string;
  readonly #folder: string;
  readonly #complain: (sentence: string) => void;
  #left = MOST_LOG_CHARACTERS;
  #logFails = false;

  /** `complain` is told what cannot be written, once. */
  constructor(folder: string, complain: (sentence: string) => void) {
    this.#folder = folder;
    this.#complain = complain;
    this.summaryPath = join(folder, 'first-contact.md');
  }

  /** Begins a log and a summary anew. Throws where the folder takes no summary. */
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

  /** Whether the summary is written; the one before stays where it is not. Makes a folder anew that has been removed. */
  summarise(summary: string): boolean {
    try {
      if (mkdirSync(this.#folder, { recursive: true }) !== undefined) {
        this.#complain(`${this.#folder} was removed; made anew: the log begins again`);
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
      this.#complain(`there is no whole log: ${(error as Error).message}`);
    }
  }
}

/** A table of all parts, and the last lines of those that ran. */
export function summaryOf(parts: readonly Part[], outcomes: Outcomes): string {
  const rows = parts.map((part) => {
    const outcome = outcomes.get(part) ?? 'not begun';
    if (typeof outcome === 'string') return `| ${part.name} | ${outcome} | |`;
    return `| ${part.name} | ${inCell(outcome.what)} | ${outcome.seconds.toFixed(1)} |`;
  });
  const details = parts.flatMap((part) => {
    const outcome = outcomes.get(part) ?? 'not begun';
    if (typeof outcome === 'string' || outcome.state === 'skipped') return [];
    return [`## ${part.name}\n\n\`\`\`\n${outcome.lines.join('\n')}\n\`\`\``];
  });
  const head = `# First contact\n\n${new Date().toISOString()}, Node ${process.version}`;
  const table = ['| part | outcome | s |', '| --- | --- | ---: |', ...rows].join('\n');
  return `${[head, table, ...details].join('\n\n')}\n`;
}

const inCell = (text: string) => text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ');
