import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRecord, readRecord, recordFilesAt } from './file.js';
import type { MeasuredResult } from './schema.js';
import { sampleRecord } from './testing/sample-record.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pinbench-'));
});
afterAll(() => rm(folder, { recursive: true }));

const text = (change: object = {}) => JSON.stringify({ ...sampleRecord(), ...change });

describe('a record file', () => {
  it.each([
    ['UTF-8', (json: string) => Buffer.from(json)],
    ['UTF-8 with a byte order mark', (json: string) => Buffer.from(`\ufeff${json}`)],
    ['UTF-16, as PowerShell writes it', (json: string) => Buffer.from(`\ufeff${json}`, 'utf16le')],
    ['big-endian UTF-16', (json: string) => Buffer.from(`\ufeff${json}`, 'utf16le').swap16()],
  ])('is read in %s', async (name, encode) => {
    const path = join(folder, `${name}.json`);
    await writeFile(path, encode(text()));
    expect(await readRecord(path)).toEqual(sampleRecord());
  });

  it('raises a data error that names the fault if it is missing, truncated, of another version or has an invalid field', async () => {
    await expect(readRecord(join(folder, 'missing.json'))).rejects.toMatchObject({
      code: 'data',
      observed: /ENOENT, no such file/,
    });
    await writeFile(join(folder, 'empty.json'), '');
    await expect(readRecord(join(folder, 'empty.json'))).rejects.toMatchObject({ observed: 'an empty file' });
    const utf32 = Buffer.concat(
      [...`\ufeff${text()}`].map((one) => Buffer.of(one.charCodeAt(0) & 255, one.charCodeAt(0) >> 8, 0, 0)),
    );
    await writeFile(join(folder, 'utf32.json'), utf32);
    await expect(readRecord(join(folder, 'utf32.json'))).rejects.toMatchObject({ observed: /UTF-32/ });
    await expect(recordFilesAt([join(folder, '*', 'r.json')])).rejects.toMatchObject({
      ...{ code: 'data', expected: expect.stringContaining('last part') },
    });
    expect(() => parseRecord('r.json', text({ results: [] }))).toThrow(/\(results: no row\)/);
    const [one, two] = sampleRecord().results as [MeasuredResult, MeasuredResult];
    expect(() => parseRecord('r.json', text({ results: [one, two, one] }))).toThrow(
      /\(results\.2: the same row as results\.0\)/,
    );
    expect(() => parseRecord('r.json', text({ results: [{ ...one, setupNs: 1e300 }] }))).toThrow(/setupNs/);
    expect(() => parseRecord('r.json', text().slice(0, -5))).toThrow(/^r\.json: not JSON/);
    expect(() => parseRecord('r.json', text({ schema: 'pinbench/record@2' }))).toThrow(
      /\(schema: .*record@1/,
    );
    expect(() =>
      parseRecord('r.json', text({ results: [{ ...sampleRecord().results[0], setupNs: '3' }] })),
    ).toThrow(/\(results\.0\.setupNs: /);
    const [feed, pin] = sampleRecord().results as [MeasuredResult, MeasuredResult];
    const short = { ...pin, samplesNs: pin.samplesNs.slice(1) };
    expect(() => parseRecord('r.json', text({ results: [feed, short] }))).toThrow(
      /\(results\.1\.samplesNs: 5 rounds, but another strategy of its case has 6\)/,
    );
    const split = { ...feed, roundsPerProcess: [3, 2] };
    expect(() => parseRecord('r.json', text({ results: [split] }))).toThrow(
      /\(results\.0\.roundsPerProcess: 5 rounds, but there are 6 samples\)/,
    );
    const still = { ...feed, samplesNs: [0, ...feed.samplesNs.slice(1)] };
    expect(() => parseRecord('r.json', text({ results: [still] }))).toThrow(/\(results\.0\.samplesNs\.0: /);
    expect(() => parseRecord('r.json', '[]')).toThrow(/top level/);
  });

  it('may contain fields that this version does not know', () => {
    expect(parseRecord('r.json', text({ later: 1 }))).toEqual(sampleRecord());
  });
});
