import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Endianness } from 'apache-arrow/fb/endianness';
import { Message } from 'apache-arrow/fb/message';
import { MessageHeader } from 'apache-arrow/fb/message-header';
import { MetadataVersion } from 'apache-arrow/fb/metadata-version';
import { Schema } from 'apache-arrow/fb/schema';
import { Builder } from 'flatbuffers';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PinbenchError } from '../../errors.js';
import type { Dataset } from '../dataset.js';
import { openDataset, openFile } from '../open.js';

const fixture = (name: string) => fileURLToPath(new URL(`../../../fixtures/${name}`, import.meta.url));
const WORDS = [0, -1, 1, 2 ** 31 - 1, -(2 ** 31)];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pinbench-arrow-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A stream with a schema without columns. pyarrow writes neither big-endian files nor versions this old. */
function schemaOnly(endianness: Endianness, version: MetadataVersion): Uint8Array {
  const builder = new Builder();
  const fields = Schema.createFieldsVector(builder, []);
  Schema.startSchema(builder);
  Schema.addEndianness(builder, endianness);
  Schema.addFields(builder, fields);
  const schema = Schema.endSchema(builder);
  Message.startMessage(builder);
  Message.addVersion(builder, version);
  Message.addHeaderType(builder, MessageHeader.Schema);
  Message.addHeader(builder, schema);
  builder.finish(Message.endMessage(builder));
  const metadata = builder.asUint8Array();
  const prefix = Buffer.alloc(8, 0xff);
  prefix.writeInt32LE(metadata.length, 4);
  return Buffer.concat([prefix, metadata, Buffer.alloc(8)]);
}

/** Loads the content as a file; returns the dataset or the error. */
async function outcome(content: Uint8Array): Promise<unknown> {
  const path = join(folder, 'changed');
  await writeFile(path, content);
  return openDataset(path).catch((error: unknown) => error);
}

describe('an Arrow file', () => {
  it('that is cut at any byte is refused', async () => {
    const whole = await readFile(fixture('data.arrow'));
    for (let length = 0; length < whole.length; length++) {
      const error = await outcome(whole.subarray(0, length));
      expect(error, `${length} of ${whole.length} bytes`).toBeInstanceOf(PinbenchError);
      expect(error).toMatchObject({ code: 'data' });
    }
  });

  it.each([
    { name: 'arrow-stream.arrow', batches: [10] },
    { name: 'arrow-lz4-stream.arrow', batches: [20, 20, 10] },
  ])(
    'in the stream format that is cut is refused, except between batches, since the end marker is optional: $name',
    async ({ name, batches }) => {
      const whole = await readFile(fixture(name));
      const rowsRead: number[] = [];
      for (let length = 0; length < whole.length; length++) {
        const seen = await outcome(whole.subarray(0, length));
        if (seen instanceof PinbenchError) expect(seen.code).toBe('data');
        else rowsRead.push((seen as Dataset).rows);
      }
      expect(rowsRead).toEqual(batches.map((_, i) => batches.slice(0, i + 1).reduce((a, b) => a + b)));
    },
  );

  it.each([
    'data.arrow',
    'arrow-zstd-stream.arrow',
    'arrow-among-others.arrow',
    'arrow-even-lists.arrow',
    'arrow-i1.arrow',
    'arrow-list-sliced.arrow',
    'arrow-lz4-stream.arrow',
  ])('with any byte or word changed is refused or read with all its rows: %s', async (name) => {
    const whole = await readFile(fixture(name));
    const { rows } = await openDataset(fixture(name));
    const random = xoroshiro128plus(7);
    const before = process.memoryUsage().rss;
    for (let round = 0; round < 1500; round++) {
      const changed = Buffer.from(whole);
      const at = (random.next() >>> 0) % whole.length;
      // Lengths and counts are words; values at the limits of their range reveal the most.
      if (round % 2 === 0) changed[at] = random.next() & 0xff;
      else changed.writeInt32LE(WORDS[round % WORDS.length]!, Math.min(at & ~3, whole.length - 4));
      const seen = await outcome(changed);
      if (seen instanceof Error && !(seen instanceof PinbenchError)) throw seen;
      if (!(seen instanceof Error)) expect(seen).toMatchObject({ rows });
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(300e6);
  });

  it('with an unsupported byte order or version is refused', async () => {
    expect(await outcome(schemaOnly(Endianness.Big, MetadataVersion.V5))).toMatchObject({
      code: 'data',
      observed: 'big-endian Arrow data',
      // The machine that wrote it would write it the same way again.
      remedy: expect.stringMatching(/^write it on a little-endian machine, or read it there with pyarrow/),
    });
    expect(await outcome(schemaOnly(Endianness.Little, MetadataVersion.V3))).toMatchObject({
      code: 'data',
      observed: 'Arrow metadata of version 3',
    });
  });

  it('lists its columns and marks those that are not numeric', async () => {
    const { columns, compression } = await openFile(fixture('arrow-among-others-stream.arrow'));
    expect(compression).toBe('zstd');
    expect(columns!.map(({ name, width }) => `${name} ${width}`)).toEqual([
      ...[
        'name 0',
        'view 0',
        'when 0',
        'a 1',
        'tags 0',
        'point.x 1',
        'point.y 1',
        'kind 0',
        'none 0',
        'some 0',
        'b 1',
      ],
    ]);
    expect(columns![2]).toEqual({
      name: 'when',
      type: 'Timestamp<NANOSECOND>',
      width: 0,
      leftOut: 'no-numbers',
    });
  });

  it('loads the named columns in the given order', async () => {
    const { values, cols } = await openDataset(fixture('data.arrow'), { columns: ['c', 'a'] });
    expect(cols).toBe(2);
    expect([...values.subarray(0, 4)]).toEqual([2, 0, 5, 3]);
  });

  it('reports progress in bytes and stops between blocks when aborted', async () => {
    const told: number[][] = [];
    await openDataset(fixture('arrow-batches.arrow'), { onProgress: (...progress) => told.push(progress) });
    expect(told).toEqual([36, 72, 108, 120].map((done) => [done, 120]));
    const stop = new AbortController();
    const stopped = openDataset(fixture('arrow-batches.arrow'), {
      onProgress: () => stop.abort(),
      signal: stop.signal,
    });
    await expect(stopped).rejects.toThrow(/abort/);
  });
});
