import { type ArrowSeed, damagesFrames, EveryByte, randomArrowCase } from './arrow-cases.js';
import { Dice } from './dice.js';
import { npyCase } from './npy-cases.js';
import { type Facts, fromMemory, type Reader, type Reading, readingOf } from './reading.js';
import type { Scratch } from './scratch.js';

export type Kind = 'npy' | 'arrow';

/** A file that a reader is tried with. */
export interface Case {
  readonly content: Buffer;
  /** How it was made, in words. */
  readonly how: string;
  /** The good files that it was made from; Arrow only. */
  readonly seeds: readonly ArrowSeed[];
  /** Only one byte was changed. */
  readonly onePlace: boolean;
  /** Compressed data was changed, which may unpack to anything. */
  readonly damagesFrames?: boolean;
  /** What must be read from it, where it is a good one; NPY only. */
  readonly expected?: { readonly dtype: string; readonly shape: readonly number[] };
}

/** All cases, by their kinds and numbers: the same ones for the same seed. */
export class Cases {
  readonly #seed: number;
  readonly #arrowSeeds: readonly ArrowSeed[];
  readonly everyByte: EveryByte;

  constructor(seed: number, arrowSeeds: readonly ArrowSeed[]) {
    this.#seed = seed;
    this.#arrowSeeds = arrowSeeds;
    this.everyByte = new EveryByte(arrowSeeds);
  }

  at(kind: Kind, number: number): Case {
    const dice = new Dice(this.#seed, number);
    if (kind === 'npy') return { how: 'a header', seeds: [], onePlace: false, ...npyCase(dice) };
    // Two of three are the next change of one byte, as long as there are such; the others are random.
    const next = Math.floor(number / 3) * 2 + (number % 3);
    return number % 3 === 2 || next >= this.everyByte.count
      ? randomCase(dice, this.#arrowSeeds)
      : { onePlace: true, ...this.everyByte.at(next) };
  }
}

function randomCase(dice: Dice, seeds: readonly ArrowSeed[]): Case {
  const made = randomArrowCase(dice, seeds);
  return { ...made, onePlace: false, damagesFrames: damagesFrames(made) };
}

/** What a reader made of a case, and what is wrong with that, as far as it can be told without another reader. */
export interface Trial {
  readonly reading: Reading;
  readonly finding?: string;
}

/** Tries a reader with a case. */
export async function trialOf(
  { content, expected }: Case,
  scratch: Scratch,
  reader: Reader = fromMemory,
): Promise<Trial> {
  const reading = await readingOf(reader, content, scratch);
  if (reading.kind === 'broken') return { reading, finding: reading.why };
  if (expected === undefined) return { reading };
  if (reading.kind === 'refused') return { reading, finding: `a good file is refused: ${reading.message}` };
  const { dtype, shape } = reading.facts;
  return dtype === expected.dtype && String(shape) === String(expected.shape)
    ? { reading }
    : {
        reading,
        finding: `${dtype} (${shape}) is read where ${expected.dtype} (${expected.shape}) was written`,
      };
}

/** Whether two readings say the same, and where not. */
export function difference(one: Facts, other: Facts): string | undefined {
  const name = (Object.keys({ ...one, ...other }) as (keyof Facts)[]).find(
    (key) => JSON.stringify(one[key]) !== JSON.stringify(other[key]),
  );
  return name && `${name} ${JSON.stringify(one[name])} and ${JSON.stringify(other[name])}`;
}
