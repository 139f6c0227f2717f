import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataError } from '../errors.js';
import { agreementOf } from './testing/agreement.js';
import { type ArrowSeed, arrowSeeds, damagesFrames, EveryByte } from './testing/arrow-cases.js';
import { type Case, Cases, trialOf } from './testing/cases.js';
import { type Facts, fromMemory, type Reader, readingOf, throughPath } from './testing/reading.js';
import { Scratch } from './testing/scratch.js';

const seeds = arrowSeeds(fileURLToPath(new URL('../../fixtures', import.meta.url)));
const cases = new Cases(1, seeds);

let folder: string;
let scratch: Scratch;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pinbench-fuzz-'));
  scratch = new Scratch(join(folder, 'scratch'));
});
afterAll(async () => {
  scratch.remove();
  await rm(folder, { recursive: true });
});

/** A sample of what `npm run fuzz` tries, without numpy and pyarrow. */
describe('a file, damaged or not, is read or refused in one line', () => {
  it.each([
    ['npy', 3000],
    ['arrow', 600],
  ] as const)('%s', async (kind, count) => {
    const kinds = { accepted: 0, refused: 0, broken: 0 };
    for (let number = 0; number < count; number++) {
      const tried = cases.at(kind, number);
      const { reading, finding } = await trialOf(tried, scratch);
      expect(finding, `${kind} ${number}: ${tried.how}`).toBeUndefined();
      kinds[reading.kind] += 1;
    }
    expect(kinds.accepted).toBeGreaterThan(count / 10);
    expect(kinds.refused).toBeGreaterThan(count / 4);
  });

  it('and gives the same result by its path as from memory', async () => {
    for (const kind of ['npy', 'arrow'] as const) {
      for (let number = 0; number < 40; number++) {
        const { content } = cases.at(kind, number);
        const [seen, expected] = [
          await readingOf(throughPath, content, scratch),
          await readingOf(fromMemory, content, scratch),
        ];
        if (expected.kind === 'accepted') expect(seen).toEqual(expected);
        else expect(seen.kind).toBe('refused');
      }
    }
  });
});

describe('the fuzz cases', () => {
  it('are the same for the same seed and differ for another', () => {
    const contents = (of: Cases) => [0, 2, 5].map((number) => of.at('npy', number).content.toString('hex'));
    expect(contents(new Cases(1, seeds))).toEqual(contents(cases));
    expect(contents(new Cases(2, seeds))).not.toEqual(contents(cases));
  });

  it('change every byte of metadata in each of the 14 ways exactly once', () => {
    const some = seeds.filter(({ name }) => name === 'arrow-f2.arrow' || name === 'arrow-stream.arrow');
    const everyByte = new EveryByte(some);
    const bytes = some.reduce((sum, { metadata }) => sum + metadata.length, 0);
    expect(everyByte.count).toBe(bytes * 14);
    const places = new Map<string, number>();
    for (let i = 0; i < everyByte.count; i++) {
      const [place] = /^byte \d+ of \S+/.exec(everyByte.at(i).how)!;
      places.set(place, (places.get(place) ?? 0) + 1);
    }
    expect(places.size).toBe(bytes);
    expect(new Set(places.values())).toEqual(new Set([14]));
  });
});

/** A good NPY file. */
function goodCase(): Case {
  for (let number = 0; ; number++) {
    const candidate = cases.at('npy', number);
    if (candidate.expected !== undefined) return candidate;
  }
}

describe('the fuzzer reports a reader that', () => {
  const found = async (reader: Reader) => (await trialOf(goodCase(), scratch, reader)).finding;

  it('throws an error that is not a PinbenchError', async () => {
    const reader: Reader = async () => (undefined as unknown as { facts: Facts }).facts;
    expect(await found(reader)).toMatch(/^threw TypeError/);
  });

  it('refuses a valid file', async () => {
    const reader: Reader = async () => {
      throw dataError('case', 'nothing is good enough');
    };
    expect(await found(reader)).toMatch(/a good file is refused/);
  });

  it('fails with a long message', async () => {
    const reader: Reader = async () => {
      throw dataError('case', 'long '.repeat(100));
    };
    expect(await found(reader)).toMatch(/a message of 5\d\d characters/);
  });

  it('reads another type than was written', async () => {
    const reader: Reader = async (...given) => ({ ...(await fromMemory(...given)), dtype: 'complex64' });
    expect(await found(reader)).toMatch(/^complex64/);
  });

  it('allocates much memory for a small file', async () => {
    const held: Uint8Array[] = [];
    const reader: Reader = async (...given) => {
      held.push(new Uint8Array(2 ** 27));
      return fromMemory(...given);
    };
    expect(await found(reader)).toMatch(/\d{9} bytes of memory/);
  });

  it('takes too long', async () => {
    const reader: Reader = async (...given) => {
      const cpuMs = () => (process.cpuUsage().user + process.cpuUsage().system) / 1000;
      // Twice the limit, since the time of the process's other threads counts too.
      const end = cpuMs() + 420;
      while (cpuMs() < end) for (let i = 0; i < 1e5; i++) Math.sqrt(i);
      return fromMemory(...given);
    };
    const reading = await readingOf(reader, goodCase().content, scratch, 200);
    expect(reading).toMatchObject({ kind: 'broken', why: expect.stringMatching(/^\d{3} ms$/) });
  });
});

describe('the comparison with numpy or pyarrow', () => {
  const [{ name, content }] = seeds.filter((seed) => seed.name === 'data.arrow') as [(typeof seeds)[0]];
  const read = async () => {
    const reading = await readingOf(fromMemory, content, scratch);
    if (reading.kind !== 'accepted') throw new Error(name);
    return reading.facts;
  };
  const answerOf = ({ dtype, rows, cols, columns, float32, native }: Facts) => ({
    read: {
      ...{ dtype, rows, cols, float32, native },
      columns: columns.map(({ name, type, width }) => ({ name, type, width })),
    },
  });

  it('reports a difference in a value, a type, a name or the number of rows', async () => {
    const facts = await read();
    expect(agreementOf(facts, answerOf(facts))).toEqual({});
    const [first, ...others] = facts.columns;
    for (const other of [
      { float32: facts.float32 + 1 },
      { rows: facts.rows + 1 },
      { columns: [{ ...first!, name: 'other' }, ...others] },
      { columns: [{ ...first!, type: 'Float16' }, ...others] },
    ])
      expect(agreementOf(facts, answerOf({ ...facts, ...other })).finding).toMatch(/here.*elsewhere/);
  });

  it('expects the content of the undamaged file where the other reader refuses', async () => {
    const facts = await read();
    const refused = { refused: 'ArrowInvalid' };
    expect(agreementOf(facts, refused, [facts])).toEqual({});
    expect(agreementOf({ ...facts, rows: 1 }, refused, [facts]).finding).toMatch(/refused elsewhere.*rows/);
    expect(agreementOf(facts, refused).finding).toMatch(/refused elsewhere/);
    // One change may be of a column's name and another the reason for the refusal.
    const [first, ...others] = facts.columns;
    const renamed = { ...facts, columns: [{ ...first!, name: 'renamed' }, ...others] };
    expect(agreementOf(renamed, refused, [facts])).toEqual({});
    expect(agreementOf(renamed, refused, [facts], { onePlace: true }).finding).toMatch(/refused elsewhere/);
  });

  it('ignores the values where damaged compressed frames were read differently', async () => {
    const facts = await read();
    const other = answerOf({ ...facts, float32: facts.float32 + 1 });
    expect(agreementOf(facts, other, [], { damagesFrames: true })).toEqual({ unjudged: true });
    const rows = answerOf({ ...facts, rows: facts.rows + 1 });
    expect(agreementOf(facts, rows, [], { damagesFrames: true }).finding).toMatch(/^rows/);
    const frames = seeds.find(({ name }) => name === 'arrow-list-rust-zstd.arrow')!;
    const changed = (seed: ArrowSeed, at: number) => {
      const content = Buffer.from(seed.content);
      content[at]! ^= 1;
      return damagesFrames({ content, seeds: [seed] });
    };
    const inBody = (seed: ArrowSeed) => [...seed.content.keys()].find((at) => !seed.metadata.includes(at))!;
    expect([changed(frames, inBody(frames)), changed(frames, frames.metadata[9]!)]).toEqual([true, false]);
    const plain =
      seeds.find(({ name }) => name === 'data.arrow') ?? seeds.find(({ compressed }) => !compressed)!;
    expect(changed(plain, inBody(plain))).toBe(false);
  });
});
