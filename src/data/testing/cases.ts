import { type ArrowSeed, damagesFrames, EveryByte, randomArrowCase } from './arrow-cases.js';
import { Dice } from './dice.js';
import { npyCase } from './npy-cases.js';
import { type Facts, fromMemory, type Reader, type Reading, readingOf } from './reading.js';
import type { Scratch } from './scratch.js';

export type Kind = 'npy' | 'arrow';

/** A file that a reader is tried with. */
export interface Case {
  readonly content: Buffer;
  /** A description of how it was made. */
  readonly how: string;
  /** The valid files that it was made from; Arrow only. */
  readonly seeds: readonly ArrowSeed[];
  /** Whether only one byte was changed. */
  readonly onePlace: boolean;
  /** Whether compressed data was changed, which may then unpack to anything. */
  readonly damagesFrames?: boolean;
  /** What must be read from it, if it is valid; NPY only. */
  readonly expected?: { readonly dtype: string; readonly shape: readonly number[] };
}

/** All cases, by kind and number; the same seed gives the same cases. */
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
    // Two of three cases are the next one-byte change, as long as there are any; the others are random.
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

/** How a reader handled a case, and what is wrong with that, as far as it can be told without another reader. */
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

/** Describes the first difference between two readings; `undefined` if there is none. */
export function difference(one: Facts, other: Facts): string | undefined {
  const name = (Object.keys({ ...one, ...other }) as (keyof Facts)[]).find(
    (key) => JSON.stringify(one[key]) !== JSON.stringify(other[key]),
  );
  return name && `${name} ${JSON.stringify(one[name])} and ${JSON.stringify(other[name])}`;
}
