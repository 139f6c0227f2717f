import { readdirSync } from 'node:fs';
import { type Agreement, type Answer, agreementOf } from '../../src/data/testing/agreement.js';
import { arrowSeeds } from '../../src/data/testing/arrow-cases.js';
import { type Case, Cases, difference, type Trial, trialOf } from '../../src/data/testing/cases.js';
import { type Facts, fromMemory, readingOf, throughPath } from '../../src/data/testing/reading.js';
import { Scratch } from '../../src/data/testing/scratch.js';
import type { Finding, Missed, Result, Run, Task } from './messages.js';
import { Oracle, type Versions } from './oracle.js';

/** One of this many cases is also read by its path, as programs do. */
const BY_PATH = 64;
const MAX_RESIDENT_BYTES = 1.5 * 2 ** 30;

/** Tries the cases of one task after another, in a process that a case may crash. */
export class Worker {
  readonly #cases: Cases;
  readonly #scratch: Scratch;
  readonly #oracle: Oracle;
  /** What the valid files contain; `undefined` for those that pyarrow does not read. */
  readonly #origins = new Map<string, Facts | undefined>();
  #versions: Versions | undefined;

  constructor({ seed, fixtures, oracle, python, scratch }: Run) {
    this.#cases = new Cases(seed, arrowSeeds(fixtures));
    this.#scratch = new Scratch(scratch);
    this.#oracle = new Oracle(python, oracle);
  }

  /** Returns the versions of Python's libraries, and what is already wrong with the valid files. */
  async start(fixtures: string): Promise<{ versions?: Versions; wrong: string[] }> {
    const wrong: string[] = [];
    this.#versions = await this.#oracle.start();
    const seeds = arrowSeeds(fixtures);
    const answers =
      this.#versions &&
      (await this.#oracle.ask(
        'arrow',
        seeds.map(({ content }) => content),
      ));
    for (const [i, { name, content }] of seeds.entries()) {
      const reading = await readingOf(fromMemory, content, this.#scratch);
      if (reading.kind !== 'accepted') wrong.push(`${name}: ${JSON.stringify(reading)}`);
      else {
        const answer = answers?.[i];
        const isRead = answer !== undefined && 'read' in answer;
        this.#origins.set(name, isRead ? reading.facts : undefined);
        const finding = isRead ? agreementOf(reading.facts, answer).finding : undefined;
        if (finding !== undefined) wrong.push(`${name}: ${finding}`);
      }
    }
    return { ...(this.#versions && { versions: this.#versions }), wrong };
  }

  async run(task: Task): Promise<Result> {
    const { kind, first, count } = task;
    const cases = Array.from({ length: count }, (_, i) => this.#cases.at(kind, first + i));
    const findings: Finding[] = [];
    const find = (i: number, reason: string) => {
      findings.push({ kind, number: first + i, reason, how: cases[i]!.how });
    };
    const handles = openHandles();
    const trials: Trial[] = [];
    for (const [i, each] of cases.entries()) {
      const trial = await trialOf(each, this.#scratch);
      trials.push(trial);
      const finding =
        trial.finding ?? ((first + i) % BY_PATH === 0 ? await this.#byPath(each, trial) : undefined);
      if (finding !== undefined) find(i, finding);
    }
    if (openHandles() > handles)
      find(0, `${openHandles() - handles} handles left open by one of ${count} cases`);
    const resident = process.memoryUsage.rss();
    if (resident > MAX_RESIDENT_BYTES) find(count - 1, `${resident} bytes resident after ${count} cases`);
    const { agreements, missed } = await this.#compared(task, cases, trials);
    for (const [i, { finding }] of agreements.entries()) if (finding !== undefined) find(i, finding);
    return {
      task,
      accepted: trials.filter(({ reading }) => reading.kind === 'accepted').length,
      refused: trials.filter(({ reading }) => reading.kind === 'refused').length,
      unjudged: agreements.filter(({ unjudged }) => unjudged === true).length,
      invalidUnread: agreements.filter(({ invalidUnread }) => invalidUnread === true).length,
      findings,
      missed,
    };
  }

  stop(): void {
    this.#oracle.stop();
    this.#scratch.remove();
  }

  async #byPath({ content }: Case, { reading }: Trial): Promise<string | undefined> {
    const seen = await readingOf(throughPath, content, this.#scratch);
    if (seen.kind === 'broken') return seen.why;
    if (seen.kind !== reading.kind) return `${seen.kind} by its path, ${reading.kind} from memory`;
    return seen.kind === 'accepted' && reading.kind === 'accepted'
      ? difference(seen.facts, reading.facts)
      : undefined;
  }

  /**
   * Compares what was read with numpy or pyarrow. numpy is asked about all files, pyarrow only about those that pinbench read.
   */
  async #compared({ kind }: Task, cases: readonly Case[], trials: readonly Trial[]) {
    const agreements = new Map<number, Agreement>();
    const missed = new Map<string, Missed>();
    if (this.#versions === undefined) return { agreements: [], missed: [] };
    const asked = [...cases.keys()].filter((i) => kind === 'npy' || trials[i]!.reading.kind === 'accepted');
    const answers = await this.#oracle.ask(
      kind,
      asked.map((i) => cases[i]!.content),
    );
    for (const [at, i] of asked.entries()) {
      const { reading } = trials[i]!;
      const answer = answers[at]!;
      if (reading.kind === 'accepted') {
        const origins = cases[i]!.seeds.map(({ name }) => this.#origins.get(name));
        agreements.set(i, agreementOf(reading.facts, answer, origins, cases[i]!));
      } else if (reading.kind === 'refused' && holdsNumbers(answer)) {
        const message = reading.message.replace(/'[^']*'|"[^"]*"|\d+|^\S+: /g, '…');
        const { times = 0, example = headerOf(cases[i]!) } = missed.get(message) ?? {};
        missed.set(message, { message, times: times + 1, example });
      }
    }
    const inOrder = cases.map((_, i) => agreements.get(i) ?? {});
    return { agreements: inOrder, missed: [...missed.values()] };
  }
}

function holdsNumbers(answer: Answer): boolean {
  return 'read' in answer && answer.read.numeric === true && answer.read.float32 !== undefined;
}

function headerOf({ content }: Case): string {
  return JSON.stringify(content.toString('latin1', 6, 140)).replace(/ +/g, ' ');
}

function openHandles(): number {
  return readdirSync('/proc/self/fd').length;
}
