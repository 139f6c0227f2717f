import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { dataError } from '../errors.js';
import { harmlessJson } from '../text.js';
import type { RunRecord } from './schema.js';

/** The element of a page that holds its record, or an array of several: JSON, or the same in Brotli and base64. */
const ID = 'pinbench-record';
const PLAIN = 'application/json';
const PACKED = 'application/brotli';
/** A text that is longer is packed, so that a page of a thousand rows stays under a megabyte. */
const MOST_PLAIN = 2 ** 19;
/** The best takes twice as long as 10, for 2 % less. Of a text of many megabytes 10 would take seconds. */
const [CAREFUL, QUICK] = [10, 5];
const MOST_CAREFUL = 2 ** 23;
/** What a page of pinbench begins with, whether or not its end is there. */
const GENERATOR = '<meta name="generator" content="pinbench';

/** The first part of a page's head: by it a page that was cut off is known. */
export function generatorTag(version: string): string {
  return `${GENERATOR} ${version.replace(/[^\w.+-]/g, '')}">`;
}

/** The element that holds records in a page, so that `recordsInPage` finds them; several have their names beside them. It is no script and is never run. */
export function recordElement(
  named: readonly { readonly name: string; readonly record: RunRecord }[],
): string {
  const records = named.map(({ record }) => record);
  const names = named.map(({ name }) => name);
  const text = inElement(harmlessJson(JSON.stringify(records.length === 1 ? records[0] : records)));
  const attributes =
    records.length === 1 ? '' : ` data-names="${inAttribute(harmlessJson(JSON.stringify(names)))}"`;
  const [type, body] = text.length <= MOST_PLAIN ? [PLAIN, text] : [PACKED, packed(text).toString('base64')];
  return `<script type="${type}" id="${ID}"${attributes}>${body}</script>`;
}

function packed(text: string): Buffer {
  const quality = text.length <= MOST_CAREFUL ? CAREFUL : QUICK;
  return brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } });
}

/** JSON in which nothing can end the element or begin another. */
function inElement(json: string): string {
  return json.replaceAll('<', '\\u003c');
}

/** JSON in ASCII that ends no attribute and needs no entity but for its quotes. */
function inAttribute(json: string): string {
  return json
    .replace(/[^ -~]|[<>&']/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replaceAll('"', '&quot;');
}

/** Whether a text is a page and no JSON, which begins with no `<`. */
export function isPage(text: string): boolean {
  return /^\ufeff?\s*</.test(text);
}

/** A record as it was found, and the name it had where there were several. */
export interface Found {
  readonly name: string | undefined;
  readonly value: unknown;
}

const ELEMENT = new RegExp(
  `<script type="(${PLAIN}|${PACKED})" id="${ID}"(?: data-names="([^"]*)")?>([^<]*)(</script>)?`,
);

/** The records that a page holds, unchecked; an error of code `data` where it is not whole or no page of pinbench. `path` is what errors call it. */
export function recordsInPage(path: string, page: string): Found[] {
  const match = ELEMENT.exec(page);
  if (match === null) {
    throw page.includes(GENERATOR)
      ? damaged(path, 'its record is missing')
      : dataError(path, 'HTML without a record', { expected: 'a page that pinbench wrote with --html' });
  }
  const [, type, names, body, end] = match;
  if (end === undefined) throw damaged(path, 'its record is cut off');
  try {
    const text =
      type === PACKED ? brotliDecompressSync(Buffer.from(body!, 'base64')).toString('utf8') : body!;
    const value: unknown = JSON.parse(text);
    if (names === undefined) return [{ name: undefined, value }];
    const named: unknown = JSON.parse(names.replaceAll('&quot;', '"'));
    if (areNames(named) && Array.isArray(value) && named.length === value.length && named.length > 0)
      return value.map((one, i) => ({ name: named[i], value: one }));
  } catch (cause) {
    throw damaged(path, 'its record cannot be read', cause);
  }
  throw damaged(path, 'its records and their names do not match');
}

function areNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

function damaged(path: string, how: string, cause?: unknown) {
  return dataError(path, `a page of pinbench that was damaged: ${how}`, {
    expected: 'the whole file, as pinbench wrote it',
    cause,
  });
}
