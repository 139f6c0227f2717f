import type { Batch, DictionaryBatch } from './batch.js';

/** A dictionary from where its first part took the place of what its id had: the parts, in the order of the file. */
export interface Generation {
  readonly parts: readonly Batch[];
}

interface Growing extends Generation {
  readonly parts: Batch[];
  /** The number of each part among all dictionaries of the file. */
  readonly numbers: number[];
}

/** A dictionary as a batch may point into it: the first parts of a generation. */
export interface DictionaryPlace {
  readonly generation: Generation;
  readonly parts: number;
}

/**
 * The dictionaries of a file, as its messages bring them. There is one for all of its batches, and it only grows: a batch remembers how
 * many dictionaries stood before it. To give each batch its own would take time and memory that grow with the square of their number.
 */
export class Dictionaries {
  readonly #wanted: ReadonlySet<bigint>;
  readonly #generations = new Map<bigint, Growing[]>();
  readonly #seen = new Set<bigint>();
  #count = 0;

  /** Only those of these ids are kept. */
  constructor(wanted: ReadonlySet<bigint>) {
    this.#wanted = wanted;
  }

  /** How many were added. */
  get count(): number {
    return this.#count;
  }

  /** Whether one of this id was added, kept or not. */
  has(id: bigint): boolean {
    return this.#seen.has(id);
  }

  /** Adds what comes next: it takes the place of what its id had, or is one more part of it. */
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

  /** The dictionary `id` where `before` were added; `undefined` where it is not among those. */
  at(id: bigint, before: number): DictionaryPlace | undefined {
    const generations = this.#generations.get(id) ?? [];
    const generation =
      generations[countBelow(before, generations.length, (i) => generations[i]!.numbers[0]!) - 1];
    if (generation === undefined) return undefined;
    const { numbers } = generation;
    return { generation, parts: countBelow(before, numbers.length, (i) => numbers[i]!) };
  }
}

/** How many of `length` rising numbers are below a limit. */
function countBelow(limit: number, length: number, numberOf: (index: number) => number): number {
  let [from, to] = [0, length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (numberOf(middle) < limit) from = middle + 1;
    else to = middle;
  }
  return from;
}
