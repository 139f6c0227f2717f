import type { Dice } from './dice.js';

/** An NPY file, valid or not. */
export interface NpyCase {
  readonly content: Buffer;
  /** What must be read from it, if it is as real writers make it and holds a matrix of numbers. */
  readonly expected?: { readonly dtype: string; readonly shape: readonly number[] };
}

/** An element type as numpy.save writes it, its name, and its size in bytes. */
const NUMBERS: readonly (readonly [code: string, dtype: string, bytes: number])[] = [
  ...(['b1', 'i1', 'u1'] as const).map((code, i) => [code, ['bool', 'int8', 'uint8'][i]!, 1] as const),
  ...[2, 4, 8].flatMap((bytes) => [
    [`i${bytes}`, `int${bytes * 8}`, bytes] as const,
    [`u${bytes}`, `uint${bytes * 8}`, bytes] as const,
    [`f${bytes}`, `float${bytes * 8}`, bytes] as const,
  ]),
];
const ORDERS = ['<', '>', '=', '|'];

/** numpy's other names for types, its types that hold no numbers, and strings that it does not know. */
const OTHER_DESCRS = [
  ...'?bBhHiIlLqQnNpPefdgFDGSUVOMmcaTst',
  ...['bool', 'bool_', 'int', 'int_', 'intp', 'intc', 'uint', 'uintp', 'uintc', 'long', 'ulong', 'longlong'],
  ...['ulonglong', 'byte', 'ubyte', 'short', 'ushort', 'half', 'single', 'float', 'double', 'longdouble'],
  ...['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64', 'float16', 'float32'],
  ...['float64', 'float128', 'complex64', 'complex128', 'csingle', 'cdouble', 'str', 'str_', 'bytes_'],
  ...['object', 'void', 'datetime64', 'timedelta64', 'datetime64[ns]', 'Float64', 'f', 'i', 'u', 'b'],
  ...['i3', 'i16', 'f1', 'f3', 'f12', 'f16', 'u0', 'i04', 'f+8', 'f 4', 'c8', 'c16', 'c32', 'S5', 'U3', 'a4'],
  ...['V4', 'V2', 'V1', 'O8', 'M8[ns]', 'm8[D]', 'M8', 'i4,f8', '3i4', '(2,3)f4', 'f4,', ',f4', 'i4 ', ' i4'],
  ...[
    'bfloat16',
    'float8_e5m2',
    'int4',
    'uint2',
    '',
    '<',
    '<<f4',
    '!f4',
    '@f4',
    'f4\\n',
    'f\\x34',
    'é',
    '𝔣4',
  ],
];

/** Texts to put in a header in place of a value. */
const VALUES = [
  `(${'1, '.repeat(70)})`,
  `(${'99999, '.repeat(30)})`,
  ...['True', 'False', 'None', '0', '1', '-1', '3L', '0x10', '010', '1_0', '1e3', '1.5', '--1', '+2', '1j'],
  ...['9223372036854775807', '18446744073709551616', '9'.repeat(400), '()', '(,)', '(3)', '[2, 3]', '{}'],
  ...['{1: 2}', "b'<f4'", "u'<f4'", "r'<f4'", "f'<f4'", "'<f' '4'", "'''<f4'''", '"<f4"', "'\\u003cf4'"],
  ...["'\\x3cf4'", "'\\74f4'", "'\\N{LESS-THAN SIGN}f4'", "'\\x3'", "'\\xg4'", '2 + 3', '-(1)', '...', 'nan'],
  ...[
    "[('x', '<f4')]",
    "[('x', '<f4', (2,)), ('y', '<i2')]",
    "('<f4', (2,))",
    '(True, 2)',
    '(2, 3,)',
    '(2 3)',
  ],
  ...[
    '('.repeat(40) + ')'.repeat(40),
    '['.repeat(200),
    '(2, (3,))',
    '(2,, 3)',
    '# comment\\n',
    'set()',
    '{1}',
  ],
];

/** Pieces to insert anywhere in a header. */
const PIECES = [
  ...[' ', '\t', '\n', '\r', '\f', '\v', '\0', '\\', "'", '"', ',', ':', '(', ')', '[', ']', '{', '}', '#'],
  ...[
    'L',
    'l',
    'u',
    'b',
    '_',
    '.',
    'e',
    'E',
    '-',
    '+',
    '0',
    '9',
    '\u00a0',
    '\u2028',
    '\ufeff',
    'ÿ',
    '—',
    '😀',
  ],
];

/** Makes one case: a third are as real writers make them, the others are changed in one or more places. */
export function npyCase(dice: Dice): NpyCase {
  const style = styleOf(dice);
  if (dice.chance(33)) return writersCase(dice, style);
  const { code, shape } = dice.chance(70)
    ? numbers(dice)
    : { code: dice.pick(OTHER_DESCRS), shape: shapeOf(dice) };
  const order = dice.chance(80) ? dice.pick(ORDERS) : '';
  let text = textOf(
    style,
    `'${order}${code}'`,
    String(dice.chance(30) ? 'True' : 'False'),
    shapeText(style, shape),
  );
  for (let changes = dice.below(4); changes > 0; changes--) text = changedText(dice, text);
  const content = fileOf(dice, style, text, dice.bytes(dice.below(160)));
  return { content: dice.chance(40) ? changedBytes(dice, content) : content };
}

function numbers(dice: Dice) {
  const [code, dtype, bytes] = dice.pick(NUMBERS);
  return { code, dtype, bytes, shape: shapeOf(dice) };
}

/** A file as numpy and other programs write it, whose content must be read. */
function writersCase(dice: Dice, style: Style): NpyCase {
  const { code, dtype, bytes, shape } = numbers(dice);
  const elements = shape.reduce((product, axis) => product * axis, 1);
  const text = textOf(
    style,
    `'${dice.pick(ORDERS)}${code}'`,
    dice.pick(['True', 'False']),
    shapeText(style, shape),
  );
  const spare = dice.chance(20) ? dice.below(9) : 0;
  const content = fileOf(dice, style, text, dice.bytes(elements * bytes + spare));
  return elements === 0 || shape.length === 0 ? { content } : { content, expected: { dtype, shape } };
}

function shapeOf(dice: Dice): number[] {
  const axes = dice.pick([0, 1, 1, 2, 2, 2, 3, 4]);
  return Array.from({ length: axes }, () => (dice.chance(4) ? 0 : 1 + dice.below(axes > 2 ? 3 : 6)));
}

/** How a writer formats its header. */
interface Style {
  readonly version: 1 | 2 | 3;
  readonly quote: string;
  readonly comma: string;
  readonly colon: string;
  readonly inside: string;
  readonly lastComma: boolean;
  readonly long: boolean;
  readonly keys: readonly number[];
  /** The multiple of bytes that the header is padded to, and how it ends. */
  readonly padded: number;
  readonly end: string;
  /** Whether the padding follows the end; numpy accepts that in the first two versions. */
  readonly endFirst: boolean;
}

const SEQUENCES = [
  [0, 1, 2],
  [0, 1, 2],
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];

function styleOf(dice: Dice): Style {
  const plain = dice.chance(40);
  const version = dice.pick([1, 1, 2, 3] as const);
  return {
    version,
    quote: plain ? "'" : dice.pick(["'", '"']),
    comma: plain ? ', ' : dice.pick([', ', ',', ' , ', ',  ', ',\n']),
    colon: plain ? ': ' : dice.pick([': ', ':', ' : ', ':\t']),
    inside: plain ? '' : dice.pick(['', ' ', '\n']),
    lastComma: plain || dice.chance(50),
    long: version !== 3 && dice.chance(15),
    keys: plain ? SEQUENCES[0]! : dice.pick(SEQUENCES),
    padded: dice.pick([1, 16, 64, 64]),
    endFirst: version !== 3 && dice.chance(10),
    end: plain ? '\n' : dice.pick(['\n', '\n', '', ' ']),
  };
}

function shapeText({ comma, long }: Style, shape: readonly number[]): string {
  const axes = shape.map((axis) => `${axis}${long ? 'L' : ''}`);
  return `(${axes.join(comma)}${axes.length === 1 ? ',' : ''})`;
}

function textOf(style: Style, descr: string, order: string, shape: string): string {
  const { quote, colon, comma, inside, lastComma, keys } = style;
  const quoted = (text: string) => `${quote}${text}${quote}`;
  const entries = [
    quoted('descr') + colon + descr.replaceAll("'", quote),
    quoted('fortran_order') + colon + order,
    quoted('shape') + colon + shape,
  ];
  return `{${inside}${keys.map((key) => entries[key]).join(comma)}${lastComma ? comma : ''}${inside}}`;
}

function changedText(dice: Dice, text: string): string {
  const at = dice.below(text.length + 1);
  const other = dice.below(text.length + 1);
  const [from, to] = [Math.min(at, other), Math.max(at, other)];
  switch (dice.below(8)) {
    case 0:
      return text.slice(0, at) + dice.pick(PIECES) + text.slice(at);
    case 1:
      return text.slice(0, at) + dice.pick(PIECES) + text.slice(at + 1);
    case 2:
      return text.slice(0, at) + text.slice(at + 1 + dice.below(4));
    case 3:
      return text.slice(0, to) + text.slice(from);
    case 4:
      return text.replace(/\([^)]*\)/, () => dice.pick(VALUES));
    case 5:
      return text.replace(/(descr['"]\s*:\s*)['"][^'"]*['"]/, (_, key) => key + dice.pick(VALUES));
    case 6:
      return text.replace(/True|False/, () => dice.pick(VALUES));
    default:
      return text.replace(/\d+/g, (number) => (dice.chance(40) ? dice.pick(VALUES) : number));
  }
}

function fileOf(dice: Dice, style: Style, text: string, payload: Buffer): Buffer {
  const { version, padded, end, endFirst } = style;
  const encoded = Buffer.from(text, dice.chance(50) && version !== 3 ? 'latin1' : 'utf8');
  const before = version === 1 ? 10 : 12;
  const padding = (padded - ((before + encoded.length + end.length) % padded)) % padded;
  const length = encoded.length + padding + end.length;
  const prefix = Buffer.alloc(before);
  prefix.write('\x93NUMPY', 'latin1');
  prefix[6] = version;
  if (version === 1) prefix.writeUInt16LE(Math.min(length, 0xffff), 8);
  else prefix.writeUInt32LE(length, 8);
  const tail = [Buffer.alloc(padding, ' '), Buffer.from(end)];
  return Buffer.concat([prefix, encoded, ...(endFirst ? tail.reverse() : tail), payload]);
}

function changedBytes(dice: Dice, content: Buffer): Buffer {
  const changed = Buffer.from(content);
  switch (dice.below(4)) {
    case 0:
      return changed.subarray(0, dice.below(changed.length + 1));
    case 1:
      // The magic is kept; without it this would not be an NPY file.
      changed[6 + dice.below(6)] = dice.pick([0, 1, 2, 3, 4, 0x7f, 0x80, 0xff, dice.below(256)]);
      return changed;
    default:
      for (let changes = 1 + dice.below(3); changes > 0; changes--)
        changed[6 + dice.below(changed.length - 6)] = dice.below(256);
      return changed;
  }
}
