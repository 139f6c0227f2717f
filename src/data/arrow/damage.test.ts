import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from '../open.js';

const fixture = (name: string) => fileURLToPath(new URL(`../../../fixtures/${name}`, import.meta.url));

let path: string;
beforeAll(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'pinbench-damage-')), 'damaged');
});
afterAll(() => rm(join(path, '..'), { recursive: true }));

/** Damage that `npm run fuzz` found: a few changed bytes once made a reader fail, or read what pyarrow does not. */
describe('damage that once went unnoticed is refused', () => {
  it.each([
    ['arrow-dictionary-delta-file.arrow', 596, [8], /an array of \d+ in a batch of \d+ rows/],
    ['arrow-dictionary-delta-stream.arrow', 587, [4], /an array of \d+ in a batch of \d+ rows/],
    ['arrow-beside-unread-stream.arrow', 282, [36], /decimal digits/],
    ['arrow-lz4-stream.arrow', 360, [0], /no lz4 frame/],
    ['arrow-lz4-stream.arrow', 1720, [0], /no lz4 frame/],
    ['arrow-beside-unread-file.arrow', 919, [0], /a schema with run ends of Uint64/],
    ['arrow-beside-unread-stream.arrow', 172, [128], /a view whose buffers are not counted/],
    ['arrow-u1.arrow', 456, [193], /of metadata, not a multiple of 8/],
    ['arrow-zstd-file.arrow', 1530, [3], /compressed, with metadata of version 4/],
    ['arrow-pandas-index-of-a-name.arrow', 796, [0, 0, 0, 0], /metadata|footer/],
  ])('in %s at byte %i', async (name, at, bytes, message) => {
    const content = await readFile(fixture(name));
    await writeFile(path, content);
    await openDataset(path);
    content.set(bytes, at);
    await writeFile(path, content);
    await expect(openDataset(path)).rejects.toMatchObject({
      code: 'data',
      message: expect.stringMatching(message),
    });
  });

  it('in a column that is not read, whose array is longer than the batch', async () => {
    const content = await readFile(fixture('arrow-dictionary-of-words.arrow'));
    // The first batch's node of five words, none of them null.
    const node = Buffer.alloc(16);
    node[0] = 5;
    const at = content.indexOf(node);
    expect(at).toBeGreaterThan(0);
    content[at] = 6;
    await writeFile(path, content);
    await expect(openDataset(path)).rejects.toMatchObject({
      code: 'data',
      observed: /an array of 6 in a batch of 5 rows/,
    });
  });
});
