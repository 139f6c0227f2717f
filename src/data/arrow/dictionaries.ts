import type { Batch, DictionaryBatch } from './batch.js';

/** A dictionary from one replacement to the next: its first part and the deltas that follow, in the order of the file. */
export interface Generation {
  readonly parts: readonly Batch[];
}

interface Growing extends Generation {
  readonly parts: Batch[];
  /** The position of each part among all dictionaries of the file. */
  readonly numbers: number[];
}

/** The state of a dictionary that a batch points into: the first parts of a generation. */
export interface DictionaryPlace {
  readonly generation: Generation;
  readonly parts: number;
}

/**
 * The dictionaries of a file, in the order of its messages. All batches share this one collection, which only grows: each batch
 * remembers how many dictionaries preceded it. Giving each batch its own collection would take time and memory that grow with the
 * square of their number.
 */
export class Dictionaries {
  readonly #wanted: ReadonlySet<bigint>;
  readonly #generations = new Map<bigint, Growing[]>();
  readonly #seen = new Set<bigint>();
  #count = 0;

  /** Keeps only the dictionaries with these ids. */
  constructor(wanted: ReadonlySet<bigint>) {
    this.#wanted = wanted;
  }

  /** How many were added. */
  get count(): number {
    return this.#count;
  }

  /** Whether a dictionary with this id was added, kept or not. */
  has(id: bigint): boolean {
    return this.#seen.has(id);
  }

  /** Adds the next dictionary: a delta extends the one with the same id, any other replaces it. */
  add({ id, isDelta, batch }: DictionaryBatch): void {
    const number = this.#count;
    this.#count += 1;
    this.#seen.add(id);
    if (!this.#wanted.has(id)) return;
    const generations = this.#generations.get(id) ?? [];
    this.#generations.set(id, generations);
    const last = generations.at(-1);
    if (isDelta && last !== undefined) {
      last.parts.push(batch);
      last.numbers.push(number);
    } else generations.push({ parts: [batch], numbers: [number] });
  }

  /** The dictionary `id` as it was after the first `before` additions; `undefined` if it was not among those. */
  at(id: bigint, before: number): DictionaryPlace | undefined {
    const generations = this.#generations.get(id) ?? [];
    const generation =
      generations[countBelow(before, generations.length, (i) => generations[i]!.numbers[0]!) - 1];
    if (generation === undefined) return undefined;
    const { numbers } = generation;
    return { generation, parts: countBelow(before, numbers.length, (i) => numbers[i]!) };
  }
}

/** How many of `length` ascending numbers are below a limit. */
function countBelow(limit: number, length: number, numberOf: (index: number) => number): number {
  let [from, to] = [0, length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (numberOf(middle) < limit) from = middle + 1;
    else to = middle;
  }
  return from;
}
