import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PinbenchError } from '../../errors.js';
import { openFile } from '../open.js';
import { BYTE_MUTATIONS } from '../testing/byte-mutations.js';
import { decodeMessage, HEADER, VERSION } from './format.js';

const fixture = (name: string) => fileURLToPath(new URL(`../../../fixtures/${name}`, import.meta.url));

let path: string;
beforeAll(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'pinbench-metadata-')), 'changed');
});
afterAll(() => rm(join(path, '..'), { recursive: true }));

/** Returns the rows, the columns and their types, or the error. */
async function opened(content: Uint8Array): Promise<unknown> {
  await writeFile(path, content);
  try {
    const { rows, cols, columns, dtype } = await openFile(path);
    return { rows, cols, columns, dtype };
  } catch (error) {
    return error;
  }
}

describe('the metadata of an Arrow file', () => {
  it('uses the same numbers as apache-arrow', async () => {
    const { MessageHeader, MetadataVersion } = await import('apache-arrow/enum');
    expect(VERSION).toEqual({ V4: MetadataVersion.V4, V5: MetadataVersion.V5 });
    for (const [name, number] of Object.entries(HEADER)) {
      expect(MessageHeader[name as keyof typeof MessageHeader]).toBe(number);
    }
  });

  // A file has its schema twice and the positions of its batches, so a single change never goes unnoticed.
  it.each([
    'data.arrow',
    'arrow-even-lists.arrow',
    'arrow-lz4-bool.arrow',
    'arrow-union-version-4.arrow',
    'arrow-datafusion.arrow',
  ])(
    'with one byte changed is refused or gives the same rows, columns and types: %s',
    async (name) => {
      const whole = await readFile(fixture(name));
      const unchanged = await opened(whole);
      let refused = 0;
      for (let at = 0; at < whole.length; at++) {
        // Two mutations at each byte keep this short; over many similar bytes, every mutation is tried.
        for (const mutate of [BYTE_MUTATIONS[at % 14]!, BYTE_MUTATIONS[(at * 5 + 3) % 14]!]) {
          const changed = Buffer.from(whole);
          changed[at] = mutate(whole[at]!);
          const seen = await opened(changed);
          if (seen instanceof PinbenchError) refused += 1;
          else expect(seen, `byte ${at} from ${whole[at]} to ${changed[at]}`).toEqual(unchanged);
        }
      }
      expect(refused).toBeGreaterThan(whole.length / 4);
    },
    30_000,
  );

  it.each(['arrow-stream.arrow', 'arrow-among-others-stream.arrow'])(
    'is decoded or refused with a RangeError, whatever byte is changed and wherever it is cut: %s',
    async (name) => {
      const whole = await readFile(fixture(name));
      const schema = whole.subarray(8, 8 + whole.readInt32LE(4));
      const outcome = (bytes: Uint8Array): unknown => {
        try {
          return decodeMessage(bytes);
        } catch (error) {
          return error;
        }
      };
      let refused = 0;
      const hold = (seen: unknown) => {
        if (!(seen instanceof Error)) return;
        expect(seen).toBeInstanceOf(RangeError);
        refused += 1;
      };
      expect(outcome(schema)).toMatchObject({ headerType: 1, header: { type: 1 } });
      for (let at = 0; at < schema.length; at++) {
        hold(outcome(schema.subarray(0, at)));
        for (const mutate of BYTE_MUTATIONS) {
          const changed = Buffer.from(schema);
          changed[at] = mutate(schema[at]!);
          hold(outcome(changed));
        }
      }
      expect(refused).toBeGreaterThan(schema.length);
    },
  );
});
