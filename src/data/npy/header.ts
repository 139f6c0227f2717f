import { counted } from '../../units.js';
import type { DType } from '../../words.js';
import { Fault } from '../fault.js';
import { type ElementType, elementTypeOf, type Refusal, STRUCTURED } from './descr.js';
import { type Literal, LiteralError, parseLiteral } from './python-literal.js';

/** The contents of an NPY header (NumPy Enhancement Proposal 1 and numpy.lib.format). */
export interface NpyHeader {
  readonly version: '1.0' | '2.0' | '3.0';
  readonly dtype: DType;
  readonly byteOrder: 'little' | 'big';
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Where the payload begins, bytes from the start of the file. */
  readonly dataOffset: number;
}

/** The first bytes of every NPY file: \x93NUMPY. */
export const NPY_MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);
/** Magic, version and the longest length field. */
export const NPY_PREFIX_BYTES = 12;
/**
 * numpy refuses headers over 10,000 bytes unless they are trusted. A structured dtype may be longer, and the error should name
 * it.
 */
const MAX_HEADER_BYTES = 2 ** 20;

const RESAVE = 'save one array of numbers with numpy.save';

/**
 * Locates the header's text, given the file's first `NPY_PREFIX_BYTES` bytes. Throws a fault if the version is unknown or the
 * file is too short.
 */
export function locateHeader(prefix: Uint8Array, fileBytes: number) {
  if (prefix.length < NPY_PREFIX_BYTES) {
    throw new Fault(`truncated: ${counted(fileBytes, 'byte')}`, {
      expected: `an NPY header of at least ${NPY_PREFIX_BYTES}`,
    });
  }
  const [major, minor] = [prefix[6]!, prefix[7]!];
  const version = (
    [
      [1, 0],
      [2, 0],
      [3, 0],
    ] as const
  ).find(([a, b]) => a === major && b === minor);
  if (version === undefined) {
    throw new Fault(`unknown NPY version ${major}.${minor}`, { expected: '1.0, 2.0 or 3.0' });
  }
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = major === 1 ? 10 : 12;
  if (start + length > fileBytes) {
    throw new Fault(`truncated: its header claims ${length} bytes, but the file has ${fileBytes}`, {
      remedy: RESAVE,
    });
  }
  if (length > MAX_HEADER_BYTES) {
    throw new Fault(`a header of ${length} bytes`, {
      expected: `at most ${MAX_HEADER_BYTES}`,
      remedy: RESAVE,
    });
  }
  return { version: `${version[0]}.${version[1]}` as NpyHeader['version'], start, length };
}

/** Parses the bytes of a header's text. Throws a fault if it is malformed or does not describe an array of numbers. */
export function parseHeader(
  bytes: Uint8Array,
  { version, start, length }: ReturnType<typeof locateHeader>,
): NpyHeader {
  const text = decode(bytes, version);
  const { descr, fortran_order: fortranOrder, shape } = fieldsOf(text, version);
  if (fortranOrder.kind !== 'bool') {
    throw malformed(`fortran_order is ${describe(fortranOrder)}`, 'True or False');
  }
  const { dtype, byteOrder } = elementType(descr);
  return {
    version,
    dtype,
    byteOrder,
    fortranOrder: fortranOrder.text === 'True',
    shape: shapeOf(shape),
    dataOffset: start + length,
  };
}

/** Version 3 is UTF-8, the others are Latin-1. */
function decode(bytes: Uint8Array, version: NpyHeader['version']): string {
  // TextDecoder's latin1 is Windows code page 1252.
  if (version !== '3.0') return Buffer.from(bytes).toString('latin1');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new Fault('malformed NPY header: not UTF-8', { remedy: RESAVE, cause });
  }
}

const KEYS = ['descr', 'fortran_order', 'shape'] as const;
type Fields = Record<(typeof KEYS)[number], Literal>;

function fieldsOf(text: string, version: NpyHeader['version']): Fields {
  const literal = literalOf(text, version);
  if (literal.kind !== 'dict') throw malformed(describe(literal), 'a dict');
  const fields = new Map<string, Literal>();
  for (const [key, value] of literal.entries) {
    const name = key.kind === 'string' ? key.value : undefined;
    if (name === undefined || !(KEYS as readonly string[]).includes(name)) {
      throw malformed(`key ${describe(key)}`, KEYS.join(', '));
    }
    if (fields.has(name)) throw malformed(`key '${name}' twice`, KEYS.join(', '));
    fields.set(name, value);
  }
  for (const key of KEYS) if (!fields.has(key)) throw malformed(`no key '${key}'`, KEYS.join(', '));
  return Object.fromEntries(fields) as Fields;
}

function literalOf(text: string, version: NpyHeader['version']): Literal {
  try {
    // Version 3 never comes from Python 2, which writes long integers.
    return parseLiteral(text, version !== '3.0');
  } catch (cause) {
    if (!(cause instanceof LiteralError)) throw cause;
    const observed = `malformed NPY header: ${cause.message}, at character ${cause.position}`;
    throw new Fault(observed, { cause, remedy: RESAVE });
  }
}

function malformed(observed: string, expected: string): Fault {
  return new Fault(`malformed NPY header: ${observed}`, { expected, remedy: RESAVE });
}

function describe(literal: Literal): string {
  switch (literal.kind) {
    case 'string':
      return `'${short(literal.value)}'`;
    case 'integer':
      return short(String(literal.value));
    case 'float':
    case 'bool':
    case 'none':
      return short(literal.text);
    default:
      return `a ${literal.kind}`;
  }
}

/** How many characters of a value an error shows: a header may hold a million. */
const SHOWN = 40;

function short(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

function elementType(descr: Literal): ElementType {
  if (descr.kind === 'list' || descr.kind === 'tuple') throw refused(STRUCTURED, `a ${descr.kind}`);
  if (descr.kind !== 'string') throw malformed(`descr is ${describe(descr)}`, "a dtype such as '<f4'");
  const type = elementTypeOf(descr.value);
  if ('dtype' in type) return type;
  throw refused(type, describe(descr));
}

function refused({ what, remedy }: Refusal, descr: string): Fault {
  return new Fault(`an array of ${what} (dtype ${descr})`, { expected: 'numbers', remedy });
}

/** The most axes that numpy supports, from version 2 on. */
const MAX_AXES = 64;

function shapeOf(shape: Literal): number[] {
  if (shape.kind !== 'tuple') throw malformed(`shape is ${describe(shape)}`, 'a tuple of whole numbers');
  if (shape.items.length > MAX_AXES)
    throw malformed(`a shape of ${shape.items.length} axes`, `at most ${MAX_AXES}`);
  return shape.items.map((item) => {
    if (item.kind !== 'integer') throw malformed(`shape with ${describe(item)}`, 'a tuple of whole numbers');
    if (item.value < 0n) throw malformed(`shape with ${describe(item)}`, 'axes of 0 or more');
    if (item.value > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw malformed(`shape with ${describe(item)}`, `axes of at most ${Number.MAX_SAFE_INTEGER}`);
    }
    return Number(item.value);
  });
}
