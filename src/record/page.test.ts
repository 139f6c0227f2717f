import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRecord, readRecord, readRecords } from './file.js';
import { generatorTag, recordElement } from './page.js';
import type { RunRecord } from './schema.js';
import { sampleRecord } from './testing/sample-record.js';
import { sampleSweep } from './testing/sample-sweep.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pinbench-'));
});
afterAll(() => rm(folder, { recursive: true }));

const page = (...records: { name: string; record: RunRecord }[]) =>
  `<!doctype html>\n<html><head>${generatorTag('0.1.0')}</head><body>\n${recordElement(records)}\n</body></html>\n`;
const one = (record: RunRecord) => page({ name: 'a', record });

async function written(text: string): Promise<string> {
  const path = join(folder, 'page.html');
  await writeFile(path, text);
  return path;
}

const HOSTILE = [
  '</script><script>alert(1)</script>',
  '<!-- <script>',
  ']]>',
  '"\'`&amp;&lt;',
  'a\u0000b\u001b[31m\r\n\t',
  '\ud800 and \udfff',
  '\u2028\u2029\u202e',
  '𝛴 µ ×',
];

describe('a page', () => {
  it('returns the record that it was made from', async () => {
    const record = sampleRecord();
    expect(await readRecord(await written(one(record)))).toEqual(record);
    expect(parseRecord('page', one(record))).toEqual(record);
  });

  it.each(HOSTILE)('returns external text unchanged and is not terminated by it: %j', (text) => {
    const record = sampleRecord();
    record.dataset.path = text;
    record.argv = ['run', text];
    const whole = one(record);
    expect(parseRecord('page', whole)).toEqual(record);
    expect(whole.match(/<\/script/g)).toHaveLength(1);
    expect(whole.match(/<script|<!--/g)).toHaveLength(1);
    expect(parseRecord('page', Buffer.from(whole).toString('utf8'))).toEqual(record);
  });

  it('returns several records with their names', async () => {
    const names = ['node-a', 'x/"</script>.json', "it's & more", '\ud800', 'µ'];
    const records = names.map((name, seed) => {
      const record = sampleRecord();
      record.plan.seed = seed;
      return { name, record };
    });
    const path = await written(page(...records));
    const read = await readRecords([path]);
    expect(read.map(([, record]) => record)).toEqual(records.map(({ record }) => record));
    expect(read.map(([name]) => name)).toEqual(names);
    await expect(readRecord(path)).rejects.toMatchObject({
      code: 'data',
      observed: 'a page with 5 records',
      expected: 'one record',
    });
  });

  it('compresses a long record', () => {
    const works = Array.from({ length: 30 }, (_, i) => i + 1);
    const record = sampleSweep({ works, strategies: { feed: (b, w) => b + w / 7, pin: (b) => b + 1 / 3 } });
    const whole = one(record);
    expect(JSON.stringify(record).length).toBeGreaterThan(2 ** 20);
    expect(whole.length).toBeLessThan(2 ** 19);
    expect(parseRecord('page', whole)).toEqual(record);
  });

  it.each<[how: string, change: (text: string) => string]>([
    ['with a byte order mark', (text) => `\ufeff${text}`],
    ['with Windows line endings', (text) => text.replaceAll('\n', '\r\n')],
    ['after blank lines', (text) => `\n\n  ${text}`],
    [
      'with other content around the record',
      (text) => text.replace('<body>', '<body><p>a note of the reader</p>'),
    ],
  ])('is read %s', (_, change) => {
    expect(parseRecord('page', change(one(sampleRecord())))).toEqual(sampleRecord());
  });

  it.each<[how: string, change: (text: string) => string, observed: RegExp]>([
    ['cut off before its record', (text) => text.slice(0, text.indexOf('<script')), /its record is missing/],
    ['cut off in its record', (text) => text.slice(0, text.indexOf('"results"')), /its record is cut off/],
    ['cut off after its record', (text) => text.slice(0, text.indexOf('</script>')), /its record is cut off/],
    [
      'with a part missing inside its record',
      (text) => text.replace('"results":[', ''),
      /its record cannot be read/,
    ],
    [
      'with an invalid record',
      (text) => text.replace('"complete":true', '"complete":1'),
      /not a pinbench\/record@1 record \(complete: /,
    ],
    [
      'with invalid base64',
      (text) => text.replace('application/json', 'application/brotli'),
      /its record cannot be read/,
    ],
    [
      'that is other HTML',
      () => '<!doctype html><script type="application/json" id="data">{}</script>',
      /HTML without a record/,
    ],
    ['that is XML', () => '<?xml version="1.0"?><a/>', /HTML without a record/],
    ['that is empty', () => '<', /HTML without a record/],
  ])('%s raises a data error', (_, change, observed) => {
    const text = change(one(sampleRecord()));
    expect(() => parseRecord('page.html', text)).toThrow(
      expect.objectContaining({
        code: 'data',
        subject: 'page.html',
        observed: expect.stringMatching(observed),
      }),
    );
  });
});
