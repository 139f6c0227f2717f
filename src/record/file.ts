import { createReadStream, existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { dataError } from '../errors.js';
import { systemReasonOf } from '../system-error.js';
import { matches } from '../text.js';
import { formatBytes } from '../units.js';
import { isPage, recordsInPage } from './page.js';
import { RECORD_SCHEMA, type RunRecord, recordSchema } from './schema.js';

/** Reads and validates a record. Throws a `PinbenchError` of code `data` that names the first invalid field. */
export async function readRecord(path: string): Promise<RunRecord> {
  return parseRecord(path, await textOf(path));
}

/** Reads the records in files, each with its path, one file after the other. A page may contain several records. */
export async function readRecords(paths: readonly string[]): Promise<[path: string, record: RunRecord][]> {
  const records: [path: string, record: RunRecord][] = [];
  for (const path of paths) records.push(...recordsIn(path, await textOf(path)));
  return records;
}

/** The files that match the given paths or patterns, which may have `*` in their last part. */
export async function recordFilesAt(patterns: readonly string[]): Promise<string[]> {
  return (await Promise.all(patterns.map(filesAt))).flat();
}

/** No record is larger, bytes: one of 20,000 rows takes 20 MB. */
export const MAX_RECORD_BYTES = 2 ** 28;

/** The bytes of a file. Reads no more than one byte over the limit, because a device may never end. */
async function bytesOf(path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of createReadStream(path, { end: MAX_RECORD_BYTES })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function textOf(path: string): Promise<string> {
  const bytes = await bytesOf(path).catch((cause: unknown) => {
    throw dataError(path, `cannot be read (${systemReasonOf(cause)})`, { cause, expected: 'a record' });
  });
  if (bytes.length > MAX_RECORD_BYTES)
    throw dataError(path, `larger than ${formatBytes(MAX_RECORD_BYTES)}`, { expected: 'a record' });
  if (bytes.length === 0) throw dataError(path, 'an empty file', { expected: 'a record' });
  if (UTF_32.some((mark) => mark.equals(bytes.subarray(0, mark.length))))
    throw dataError(path, 'a text in UTF-32', { expected: 'a record in UTF-8' });
  return new TextDecoder(encodingOf(bytes)).decode(bytes);
}

/** The byte order marks of UTF-32. The first of them begins with the mark of UTF-16. */
const UTF_32 = [Buffer.of(0xff, 0xfe, 0, 0), Buffer.of(0, 0, 0xfe, 0xff)];

/** The encoding according to the byte order mark, which PowerShell and some editors write. Decoders remove the mark. */
function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
}

/**
 * The files that a path or pattern matches: the path itself if such a file exists, or else the matching files of its folder,
 * sorted by name.
 */
async function filesAt(pattern: string): Promise<string[]> {
  if (!pattern.includes('*') || existsSync(pattern)) return [pattern];
  if (dirname(pattern).includes('*')) {
    throw dataError(pattern, 'no such file, and a pattern in the name of its folder', {
      expected: 'a * in the last part of the path only',
    });
  }
  const names = await readdir(dirname(pattern)).catch(() => []);
  const found = names.filter((name) => matches(basename(pattern), name)).sort();
  if (found.length > 0) return found.map((name) => join(dirname(pattern), name));
  throw dataError(pattern, 'no such file', { expected: 'a pattern that matches record files' });
}

/** Parses and validates the text of a record, or of a page with one record. `path` names it in errors. */
export function parseRecord(path: string, text: string): RunRecord {
  const records = recordsIn(path, text);
  if (records.length === 1) return records[0]![1];
  throw dataError(path, `a page with ${records.length} records`, { expected: 'one record' });
}

/** The records in a text, each with its path. Records of a page with several have the names that the page gives them. */
function recordsIn(path: string, text: string): [path: string, record: RunRecord][] {
  if (isPage(text)) {
    return recordsInPage(path, text).map(({ name, value }) => [name ?? path, checked(path, value)]);
  }
  try {
    return [[path, checked(path, JSON.parse(text))]];
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw dataError(path, 'not JSON', { cause, expected: 'a record written by pinbench run --json' });
  }
}

function checked(path: string, value: unknown): RunRecord {
  const parsed = recordSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path: field, message } = parsed.error.issues[0]!;
  throw dataError(path, `not a ${RECORD_SCHEMA} record (${field.join('.') || 'top level'}: ${message})`, {
    expected: 'a record written by this version of pinbench run --json',
    cause: parsed.error,
  });
}
