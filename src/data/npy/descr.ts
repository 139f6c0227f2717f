import type { DType } from '../../words.js';

/** How the elements of an NPY file are stored. */
export interface ElementType {
  readonly dtype: DType;
  readonly byteOrder: 'little' | 'big';
}

/** Why a dtype is not a supported numeric type, and what to do about it. */
export interface Refusal {
  readonly what: string;
  readonly remedy: string;
}

/** Kind and size in bytes, as numpy.save writes them. */
const SIZED: ReadonlyMap<string, DType> = new Map<string, DType>(
  Object.entries({
    b1: 'bool',
    i1: 'int8',
    u1: 'uint8',
    i2: 'int16',
    u2: 'uint16',
    i4: 'int32',
    u4: 'uint32',
    i8: 'int64',
    u8: 'uint64',
    f2: 'float16',
    f4: 'float32',
    f8: 'float64',
  }),
);

/** numpy's one-letter codes, with the sizes of 64-bit Linux (NumPy reference, "Scalars: built-in scalar types"). */
const LETTERS: ReadonlyMap<string, DType> = new Map<string, DType>(
  Object.entries({
    '?': 'bool',
    b: 'int8',
    B: 'uint8',
    h: 'int16',
    H: 'uint16',
    i: 'int32',
    I: 'uint32',
    l: 'int64',
    L: 'uint64',
    q: 'int64',
    Q: 'uint64',
    n: 'int64',
    N: 'uint64',
    p: 'int64',
    P: 'uint64',
    e: 'float16',
    f: 'float32',
    d: 'float64',
  }),
);

/** numpy's type names, with the sizes of 64-bit Linux. numpy accepts no byte order before a name. */
const NAMES: ReadonlyMap<string, DType> = new Map<string, DType>(
  Object.entries({
    bool: 'bool',
    bool_: 'bool',
    int8: 'int8',
    byte: 'int8',
    uint8: 'uint8',
    ubyte: 'uint8',
    int16: 'int16',
    short: 'int16',
    uint16: 'uint16',
    ushort: 'uint16',
    int32: 'int32',
    intc: 'int32',
    uint32: 'uint32',
    uintc: 'uint32',
    int64: 'int64',
    int: 'int64',
    int_: 'int64',
    intp: 'int64',
    long: 'int64',
    longlong: 'int64',
    uint64: 'uint64',
    uint: 'uint64',
    uintp: 'uint64',
    ulong: 'uint64',
    ulonglong: 'uint64',
    float16: 'float16',
    half: 'float16',
    float32: 'float32',
    single: 'float32',
    float64: 'float64',
    float: 'float64',
    double: 'float64',
  }),
);

export const STRUCTURED: Refusal = {
  what: 'structured records',
  remedy: "save one field, such as a['x']",
};

/** Types that are not supported, matched by their code without its byte order. The first match counts. */
const REFUSED: readonly (readonly [code: RegExp, what: string, remedy: string])[] = [
  [/^(?:\d+|\([\d, ]*\))[^,]*$/, 'sub-arrays', 'save an array of numbers'],
  [/,/, STRUCTURED.what, STRUCTURED.remedy],
  [
    /^(?:[FDG]|c(?:8|16|24|32)|complex(?:64|128|192|256)?|c(?:single|double|longdouble))$/,
    'complex numbers',
    'save a.real, a.imag or numpy.abs(a)',
  ],
  [/^(?:[Sa]\d*|c|bytes_?)$/, 'text (bytes)', 'save an array of numbers'],
  [/^(?:U\d*|T|str_?|unicode)$/, 'text', 'save an array of numbers'],
  [/^(?:M|M8.*|datetime64.*)$/, 'datetimes', "save a.astype('int64')"],
  [/^(?:m|m8.*|timedelta64.*)$/, 'time differences', "save a.astype('int64')"],
  [/^(?:O\d*|object_?)$/, 'pickled Python objects, which are never loaded', 'save a.astype(numpy.float32)'],
  [/^(?:f16|float128|g|longdouble)$/, 'long double floats', 'save a.astype(numpy.float64)'],
  [
    /^(?:f12|float96)$/,
    'long double floats of a 32-bit machine',
    'save a.astype(numpy.float64) there: numpy on a 64-bit machine does not read them',
  ],
  [
    /^V2$/,
    'raw records of 2 bytes, perhaps bfloat16 of ml_dtypes',
    "save a.view(ml_dtypes.bfloat16).astype('float32') if they are",
  ],
  [
    /^V1$/,
    'raw records of 1 byte, perhaps a float8 of ml_dtypes',
    "save a.view(ml_dtypes.float8_e4m3fn).astype('float32'), with the float8 type that it was made with",
  ],
  [/^(?:bfloat16|float[468]_.*|u?int[24])$/, 'a type of ml_dtypes', "save a.astype('float32')"],
  [
    /^(?:V\d*|void)$/,
    'raw records, whose type the file does not say',
    'save a.view(t), where t is the numeric type of the records',
  ],
];

/** For types that numpy cannot load either, so that a cast in numpy is no remedy. */
const UNKNOWN: Refusal = {
  what: 'elements of unknown type, which numpy does not read either',
  remedy: 'create the array again and save it as float32 with numpy.save',
};

/** How numpy on 64-bit little-endian Linux interprets a dtype string, or why it is not a supported numeric type. */
export function elementTypeOf(descr: string): ElementType | Refusal {
  const named = NAMES.get(descr);
  if (named !== undefined) return { dtype: named, byteOrder: 'little' };
  const order = /^[<>=|]/.exec(descr)?.[0] ?? '';
  const code = descr.slice(order.length);
  const dtype = LETTERS.get(code) ?? SIZED.get(withPlainSize(code));
  if (dtype !== undefined) return { dtype, byteOrder: order === '>' ? 'big' : 'little' };
  const refused = REFUSED.find(([pattern]) => pattern.test(withPlainSize(code)));
  return refused === undefined ? UNKNOWN : { what: refused[1], remedy: refused[2] };
}

/** numpy parses a size as C's strtol does: blanks, a plus sign and zeros may precede it. */
function withPlainSize(code: string): string {
  return code.replace(/^([a-zA-Z])[ \t\n\v\f\r]*\+?0*([1-9]\d*)$/, '$1$2');
}
