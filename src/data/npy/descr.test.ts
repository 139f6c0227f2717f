import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { elementTypeOf } from './descr.js';

/** Says for each dtype string of a JSON list how numpy interprets it: a name and a byte order, or null. */
const ASK_NUMPY = `
import json, sys, warnings
import numpy
warnings.simplefilter("ignore")
def answer(text):
    try:
        dtype = numpy.dtype(text)
    except Exception:
        return None
    if dtype.kind not in "biuf" or dtype.itemsize > 8 or dtype.shape != ():
        return None
    return [dtype.name, "big" if dtype.str[0] == ">" else "little"]
print(json.dumps([answer(text) for text in json.load(sys.stdin)]))
`;

const PRINTABLE = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
const LETTERS = PRINTABLE.filter((character) => /[A-Za-z?]/.test(character));
const SIZES = ['', '0', '1', '2', '3', '4', '8', '08', ' 4', '+4', '-4', '10', '12', '16', '32', '64'];
const NAMES = [
  ...['bool', 'byte', 'short', 'int', 'long', 'longlong', 'float', 'half', 'single', 'double', 'longdouble'],
  ...[
    'intc',
    'intp',
    'uint',
    'ubyte',
    'ushort',
    'uintc',
    'uintp',
    'ulong',
    'ulonglong',
    'int8',
    'int16',
    'int32',
  ],
  ...['int64', 'int128', 'uint8', 'uint16', 'uint32', 'uint64', 'float8', 'float16', 'float32', 'float64'],
  ...[
    'float96',
    'float128',
    'bfloat16',
    'complex',
    'complex64',
    'str',
    'bytes',
    'object',
    'void',
    'datetime64',
  ],
].flatMap((name) => [name, `${name}_`, `${name} `, `<${name}`, `>${name}`, `=${name}`, name.toUpperCase()]);

/** All strings of one or two characters, all combinations of a letter, an order and a size, and all names. */
const DESCRS = [
  ...PRINTABLE.flatMap((a) => [a, ...PRINTABLE.map((b) => a + b)]),
  ...['', '<', '>', '=', '|', '@', '<<'].flatMap((order) =>
    LETTERS.flatMap((letter) => SIZES.map((size) => order + letter + size)),
  ),
  ...NAMES,
];

function numpysAnswers(): ([string, string] | null)[] | undefined {
  try {
    return JSON.parse(
      execFileSync('python3', ['-c', ASK_NUMPY], {
        input: JSON.stringify(DESCRS),
        encoding: 'utf8',
        stdio: ['pipe', 'pipe', 'ignore'],
      }),
    );
  } catch {
    return undefined;
  }
}

const ours = (descr: string) => {
  const type = elementTypeOf(descr);
  return 'dtype' in type ? type : undefined;
};

describe('the dtype string', () => {
  const answers = numpysAnswers();
  it.skipIf(answers === undefined)('is read if numpy reads it, as the type that numpy takes it for', () => {
    // A single byte has no order: numpy calls it little-endian or none.
    const differing = DESCRS.filter((descr, i) => {
      const [type, answer] = [ours(descr), answers![i]!];
      if (type === undefined || answer === null) return (type === undefined) !== (answer === null);
      return type.dtype !== answer[0] || (!/8$|^bool/.test(type.dtype) && type.byteOrder !== answer[1]);
    });
    expect(differing).toEqual([]);
    expect(answers!.filter((answer) => answer !== null).length).toBeGreaterThan(150);
  });

  it.each([
    ['float32', 'float32', 'little'],
    ['int32', 'int32', 'little'],
    ['bool', 'bool', 'little'],
    ['half', 'float16', 'little'],
    ['int', 'int64', 'little'],
    ['<d', 'float64', 'little'],
    ['>d', 'float64', 'big'],
    ['=f8', 'float64', 'little'],
    ['|f4', 'float32', 'little'],
    ['e', 'float16', 'little'],
    ['b', 'int8', 'little'],
    ['b1', 'bool', 'little'],
    ['L', 'uint64', 'little'],
    ['>P', 'uint64', 'big'],
    ['<f04', 'float32', 'little'],
  ] as const)('%j means %s, %s-endian', (descr, dtype, byteOrder) => {
    expect(elementTypeOf(descr)).toEqual({ dtype, byteOrder });
  });

  it.each([
    ['<V2', /perhaps bfloat16/, /view\(ml_dtypes\.bfloat16\)\.astype\('float32'\)/],
    ['|V1', /perhaps a float8/, /view\(ml_dtypes\.float8_e4m3fn\)/],
    ['|V4', /raw records/, /a\.view\(t\)/],
    ['<f16', /^long double floats$/, /numpy\.float64/],
    ['<f12', /32-bit/, /there/],
    ['<f3', /unknown type/, /again/],
    ['<float32', /unknown type/, /again/],
    ['f4,i4', /structured/, /field/],
    ['(2,)f4', /sub-arrays/, /numbers/],
    ['(2,)f4,i4', /structured/, /field/],
    ['float8_e5m2', /ml_dtypes/, /float32/],
    ['<M8[ns]', /datetimes/, /int64/],
    ['timedelta64[s]', /time differences/, /int64/],
    ['complex64', /complex/, /a\.real/],
    ['<U3', /^text$/, /numbers/],
    ['c', /bytes/, /numbers/],
    ['object', /pickled/, /float32/],
    ['__proto__', /unknown type/, /again/],
    ['constructor', /unknown type/, /again/],
  ])('%j is refused with its kind and a remedy', (descr, what, remedy) => {
    expect(elementTypeOf(descr)).toEqual({
      what: expect.stringMatching(what),
      remedy: expect.stringMatching(remedy),
    });
  });
});
