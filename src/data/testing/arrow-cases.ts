import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeFooter, decodeMessage, HEADER } from '../arrow/format.js';
import { CONTINUATION } from '../arrow/message.js';
import { BYTE_MUTATIONS } from './byte-mutations.js';
import type { Dice } from './dice.js';

/** A valid Arrow file that cases are made from. */
export interface ArrowSeed {
  readonly name: string;
  readonly content: Buffer;
  /** The positions of the bytes outside all bodies: magic, lengths, metadata and footer. */
  readonly metadata: Uint32Array;
  /** Whether it has compressed bodies. */
  readonly compressed: boolean;
}

/** A damaged Arrow file. */
export interface ArrowCase {
  readonly content: Buffer;
  /** The seeds that it was made from. It may still read like one of them, if the changed byte has no meaning. */
  readonly seeds: readonly ArrowSeed[];
  /** A description of how it was made. */
  readonly how: string;
}

/** The Arrow files of a folder, sorted by name. */
export function arrowSeeds(folder: string): ArrowSeed[] {
  return (
    readdirSync(folder)
      // These reserve memory for a frame of gigabytes, though they touch none of it; all other files must take little.
      .filter((name) => /\.(?:arrow|feather)$/.test(name) && !/-window-\d+-gib|-beyond-4-gib/.test(name))
      .sort()
      .map((name) => {
        const content = readFileSync(join(folder, name));
        return { name, content, ...layoutOf(content) };
      })
  );
}

/** Whether a case differs from its seeds in the body of a compressed one. */
export function damagesFrames({ content, seeds }: Pick<ArrowCase, 'content' | 'seeds'>): boolean {
  return seeds.some((seed) => {
    if (!seed.compressed) return false;
    if (seeds.length > 1 || content.length !== seed.content.length) return true;
    const metadata = new Set(seed.metadata);
    return content.some((byte, at) => byte !== seed.content[at] && !metadata.has(at));
  });
}

function layoutOf(content: Buffer): Pick<ArrowSeed, 'metadata' | 'compressed'> {
  const isMetadata = new Uint8Array(content.length).fill(1);
  let compressed = false;
  for (const at of content.toString('latin1', 0, 6) === 'ARROW1' ? blocksOf(content) : messagesOf(content)) {
    const { header, body, end } = messageAt(content, at);
    compressed ||= header?.type === HEADER.RecordBatch && header.value.compression !== undefined;
    isMetadata.fill(0, body, end);
  }
  const metadata = Uint32Array.from(content.keys()).filter((at) => isMetadata[at] === 1);
  return { metadata, compressed };
}

/** The positions of a file's batches, from its footer. */
function blocksOf(content: Buffer): number[] {
  const end = content.length - 10;
  const { dictionaries, recordBatches } = decodeFooter(content.subarray(end - content.readInt32LE(end), end));
  return [dictionaries, recordBatches].flatMap((blocks) =>
    Array.from({ length: blocks.length }, (_, i) => blocks.at(i).offset),
  );
}

/** The messages of a stream with their bodies, without the end marker. */
export function messagesIn(content: Buffer): Buffer[] {
  return messagesOf(content).map((at) => content.subarray(at, messageAt(content, at).end));
}

/** A stream whose last `last` messages are repeated `times` times. */
export function repeatedStream(content: Buffer, last: number, times: number): Buffer {
  const messages = messagesIn(content);
  const end = Buffer.concat(messages.slice(-last));
  return Buffer.concat([...messages.slice(0, -last), ...new Array(times).fill(end)]);
}

/** The positions of a stream's messages. */
function messagesOf(content: Buffer): number[] {
  const found: number[] = [];
  for (let at = 0; at + 8 <= content.length; at = messageAt(content, at).end) {
    const prefix = content.readUInt32LE(at) === CONTINUATION ? 8 : 4;
    if (content.readInt32LE(at + prefix - 4) === 0) break;
    found.push(at);
  }
  return found;
}

function messageAt(content: Buffer, at: number) {
  const start = at + (content.readUInt32LE(at) === CONTINUATION ? 8 : 4);
  const body = start + content.readInt32LE(start - 4);
  const { header, bodyLength } = decodeMessage(content.subarray(start, body));
  return { header, body, end: body + Number(bodyLength) };
}

/** Every byte of metadata of every seed, changed in each of the 14 ways. */
export class EveryByte {
  readonly #seeds: readonly ArrowSeed[];
  readonly #ends: readonly number[];
  readonly count: number;
  readonly #stride: number;

  constructor(seeds: readonly ArrowSeed[]) {
    this.#seeds = seeds;
    let end = 0;
    this.#ends = seeds.map(({ metadata }) => {
      end += metadata.length * BYTE_MUTATIONS.length;
      return end;
    });
    this.count = end;
    this.#stride = coprimeBelow(Math.floor(end * 0.618), end);
  }

  /** Case `index` of a sequence that visits all cases, arranged so that every part of it is spread evenly. */
  at(index: number): ArrowCase {
    const number = Number((BigInt(index) * BigInt(this.#stride)) % BigInt(this.count));
    const which = this.#ends.findIndex((end) => number < end);
    const seed = this.#seeds[which]!;
    const within = number - (this.#ends[which - 1] ?? 0);
    const place = seed.metadata[Math.floor(within / BYTE_MUTATIONS.length)]!;
    const content = Buffer.from(seed.content);
    content[place] = BYTE_MUTATIONS[within % BYTE_MUTATIONS.length]!(content[place]!);
    return {
      content,
      seeds: [seed],
      how: `byte ${place} of ${seed.name} from ${seed.content[place]} to ${content[place]}`,
    };
  }
}

function coprimeBelow(number: number, of: number): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  let candidate = Math.max(number, 1);
  while (divisor(candidate, of) !== 1) candidate -= 1;
  return candidate;
}

/** A random case: several changes, a cut, two files joined, or a false length or offset. */
export function randomArrowCase(dice: Dice, seeds: readonly ArrowSeed[]): ArrowCase {
  const seed = dice.pick(seeds);
  const { content, name, metadata } = seed;
  const changed = Buffer.from(content);
  const from = { seeds: [seed] };
  switch (dice.below(8)) {
    case 0: {
      const at = dice.below(content.length);
      changed[at] = dice.pick(BYTE_MUTATIONS)(content[at]!);
      return { ...from, content: changed, how: `byte ${at} of ${name}` };
    }
    case 1: {
      const end = dice.below(content.length);
      return { ...from, content: changed.subarray(0, end), how: `${name} cut at ${end}` };
    }
    case 2:
      return spliced(dice, seed, dice.chance(30) ? seed : dice.pick(seeds));
    case 3: {
      const at = dice.below(Math.floor(content.length / 8)) * 8;
      const moved = 8 * (1 + dice.below(4));
      const parts = dice.chance(50)
        ? [content.subarray(0, at), content.subarray(at + moved)]
        : [content.subarray(0, at + moved), content.subarray(at)];
      return {
        ...from,
        content: Buffer.concat(parts),
        how: `${name} with ${moved} bytes at ${at} gone or twice`,
      };
    }
    case 4: {
      const changes = 2 + dice.below(5);
      for (let i = 0; i < changes; i++) {
        const at = metadata[dice.below(metadata.length)]!;
        changed[at] = dice.pick(BYTE_MUTATIONS)(changed[at]!);
      }
      return { ...from, content: changed, how: `${changes} bytes of ${name}` };
    }
    default: {
      const changes = 1 + dice.below(2);
      const places = Array.from({ length: changes }, () => falseNumber(dice, seed, changed));
      return { ...from, content: changed, how: `numbers of ${name}: ${places.join(', ')}` };
    }
  }
}

/** The front of one file and the back of another. */
function spliced(dice: Dice, front: ArrowSeed, back: ArrowSeed): ArrowCase {
  const cut = dice.below(Math.floor(front.content.length / 8)) * 8;
  const on = dice.chance(50) ? cut : dice.below(Math.floor(back.content.length / 8)) * 8;
  const content = Buffer.concat([front.content.subarray(0, cut), back.content.subarray(on)]);
  return { content, seeds: [front, back], how: `${front.name} to ${cut}, then ${back.name} from ${on}` };
}

/** Overwrites a number of 2, 4 or 8 bytes in the metadata; returns a description of the change. */
function falseNumber(dice: Dice, { metadata, content }: ArrowSeed, changed: Buffer): string {
  const bytes = dice.pick([2, 4, 4, 8, 8]);
  const at = metadata[dice.below(metadata.length)]!;
  const place = Math.min(at - (at % bytes), Math.floor(content.length / bytes - 1) * bytes);
  const bits = bytes * 8;
  const before = BigInt.asIntN(bits, changed.readBigUInt64LE(Math.min(place, changed.length - 8)));
  const value = dice.pick([
    ...[0n, 1n, -1n, 2n ** BigInt(bits - 1) - 1n, -(2n ** BigInt(bits - 1)), 2n ** 31n, 2n ** 32n, 2n ** 53n],
    ...[before + 1n, before - 1n, before + 8n, before - 8n, before * 2n, -before, BigInt(content.length)],
  ]);
  const written = Buffer.alloc(8);
  written.writeBigInt64LE(BigInt.asIntN(64, value));
  written.copy(changed, place, 0, bytes);
  return `${value} in ${bytes} bytes at ${place}`;
}
