import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { dataError } from '../errors.js';
import { harmlessJson } from '../text.js';
import type { RunRecord } from './schema.js';

/**
 * The element of a page that contains its record, or an array of several records, as JSON or as Brotli-compressed JSON in base64.
 */
const ID = 'pinbench-record';
const PLAIN = 'application/json';
const PACKED = 'application/brotli';
/** A longer text is compressed, so that a page of a thousand rows stays under a megabyte. */
const MAX_PLAIN = 2 ** 19;
/** Brotli qualities. The best quality takes twice as long as 10 and saves 2 %. For many megabytes even 10 would take seconds. */
const [CAREFUL, QUICK] = [10, 5];
const MAX_CAREFUL = 2 ** 23;
/** The start of every pinbench page, by which a truncated page is still recognised. */
const GENERATOR = '<meta name="generator" content="pinbench';

/** The first tag of a page's head, by which a truncated page is still recognised. */
export function generatorTag(version: string): string {
  return `${GENERATOR} ${version.replace(/[^\w.+-]/g, '')}">`;
}

/**
 * The page element that contains records, in which `recordsInPage` finds them. Several records have their names in an attribute.
 * Browsers do not execute the element.
 */
export function recordElement(
  named: readonly { readonly name: string; readonly record: RunRecord }[],
): string {
  const records = named.map(({ record }) => record);
  const names = named.map(({ name }) => name);
  const text = inElement(harmlessJson(JSON.stringify(records.length === 1 ? records[0] : records)));
  const attributes =
    records.length === 1 ? '' : ` data-names="${inAttribute(harmlessJson(JSON.stringify(names)))}"`;
  const [type, body] = text.length <= MAX_PLAIN ? [PLAIN, text] : [PACKED, packed(text).toString('base64')];
  return `<script type="${type}" id="${ID}"${attributes}>${body}</script>`;
}

function packed(text: string): Buffer {
  const quality = text.length <= MAX_CAREFUL ? CAREFUL : QUICK;
  return brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } });
}

/** JSON that can neither end the element nor begin another. */
function inElement(json: string): string {
  return json.replaceAll('<', '\\u003c');
}

/** JSON in ASCII that cannot end the attribute; only its quotes are written as entities. */
function inAttribute(json: string): string {
  return json
    .replace(/[^ -~]|[<>&']/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replaceAll('"', '&quot;');
}

/** Whether a text is a page. JSON never begins with `<`. */
export function isPage(text: string): boolean {
  return /^\ufeff?\s*</.test(text);
}

/** An unchecked record from a page, and its name if the page contains several. */
export interface Found {
  readonly name: string | undefined;
  readonly value: unknown;
}

const ELEMENT = new RegExp(
  `<script type="(${PLAIN}|${PACKED})" id="${ID}"(?: data-names="([^"]*)")?>([^<]*)(</script>)?`,
);

/**
 * The unchecked records in a page. Throws an error of code `data` if the page is damaged or is not from pinbench. `path` names
 * the page in errors.
 */
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
  return dataError(path, `a damaged pinbench page: ${how}`, {
    expected: 'the whole file, as pinbench wrote it',
    cause,
  });
}
