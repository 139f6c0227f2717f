/** What a file is that is neither NPY nor Arrow, and what to do about it. */
export interface OtherFormat {
  readonly what: string;
  readonly remedy: string;
}

/** How many first bytes are needed to recognise every format below: HDF5's signature may be at byte 512. */
export const PREFIX_BYTES = 520;

const RESAVE = 'save it with numpy.save, or as Arrow with pyarrow.feather.write_feather';
const RESAVE_TABLE = 'read it with pandas or pyarrow and write it with pyarrow.feather.write_feather';
const UNPACK = 'unpack it first';

type Mark = readonly [at: number, mark: string, what: string, remedy: string];

const LFS = [
  'a git-lfs pointer instead of the file itself',
  'fetch the file: git lfs install && git lfs pull',
] as const;
const WEB_PAGE = ['a web page, perhaps downloaded instead of the file', 'download the file itself'] as const;
const PICKLE = ['a Python pickle, which is never loaded', RESAVE] as const;
const HDF5 = ['an HDF5 file', "save one dataset: numpy.save('x.npy', h5py.File('x.h5')['name'][:])"] as const;
const BZIP2 = ['bzip2 data', `${UNPACK}: bunzip2`] as const;
const NETCDF = ['a NetCDF file', 'save one of its variables with numpy.save'] as const;

/** Beginnings of text that no other text has. A pickle of protocol 0 is text too; that of an array begins with its module. */
const TEXT_MARKS: readonly Mark[] = [
  [0, 'version https://git-lfs.github.com/spec/', ...LFS],
  [0, 'version https://hawser.github.com/spec/', ...LFS],
  [0, '<!DOCTYPE', ...WEB_PAGE],
  [0, '<!doctype', ...WEB_PAGE],
  [0, '<html', ...WEB_PAGE],
  [0, 'cnumpy', ...PICKLE],
];

/**
 * Signatures of binary files, as Latin-1. They are only looked for in files that are not text, since text may begin with `ORC` or
 * `PAR1` too.
 */
const BINARY_MARKS: readonly Mark[] = [
  // These follow `BZh` and a digit: the digits of π begin a block, those of √π end the stream.
  [4, '1AY&SY', ...BZIP2],
  [4, '\x17rE8P\x90', ...BZIP2],
  [0, '\x1f\x8b', 'gzip data', `${UNPACK}: gunzip`],
  [0, '\xfd7zXZ\x00', 'xz data', `${UNPACK}: unxz`],
  [0, '\x28\xb5\x2f\xfd', 'Zstandard data', `${UNPACK}: unzstd`],
  [0, '\x04\x22\x4d\x18', 'LZ4 data', `${UNPACK}: unlz4`],
  [0, '7z\xbc\xaf\x27\x1c', 'a 7-Zip archive', UNPACK],
  [0, 'PK\x05\x06', 'an empty zip archive', RESAVE],
  [257, 'ustar', 'a tar archive', UNPACK],
  [
    0,
    'MATLAB 7.3 MAT-file',
    'a MATLAB file of version 7.3, which is HDF5',
    "save its variable: numpy.save('x.npy', h5py.File('x.mat')['name'][:].T)",
  ],
  [
    0,
    'MATLAB 5.0 MAT-file',
    'a MATLAB file of version 5',
    "save its variable: numpy.save('x.npy', scipy.io.loadmat('x.mat')['name'])",
  ],
  [0, '\x89HDF\r\n\x1a\n', ...HDF5],
  [512, '\x89HDF\r\n\x1a\n', ...HDF5],
  [0, 'CDF\x01', ...NETCDF],
  [0, 'CDF\x02', ...NETCDF],
  [0, 'CDF\x05', ...NETCDF],
  [
    0,
    'PAR1',
    'a Parquet file',
    'convert it: pyarrow.feather.write_feather(pyarrow.parquet.read_table(…), path)',
  ],
  [0, 'PARE', 'an encrypted Parquet file', RESAVE_TABLE],
  [
    0,
    'FEA1',
    'a Feather file of version 1',
    'write version 2: pyarrow.feather.write_feather(table, path, version=2)',
  ],
  [0, 'ORC', 'an ORC file', 'convert it: pyarrow.feather.write_feather(pyarrow.orc.read_table(…), path)'],
  [0, 'Obj\x01', 'an Avro file', RESAVE_TABLE],
  [0, 'SQLite format 3\0', 'an SQLite database', RESAVE_TABLE],
  // Pickles of protocols 2 to 5 begin with the protocol number.
  [0, '\x80\x02', ...PICKLE],
  [0, '\x80\x03', ...PICKLE],
  [0, '\x80\x04', ...PICKLE],
  [0, '\x80\x05', ...PICKLE],
];

/** Recognises a file by its first `PREFIX_BYTES` bytes; undefined if they match no known format. `fileBytes` may be infinite. */
export function otherFormat(prefix: Uint8Array, fileBytes: number): OtherFormat | undefined {
  return (
    marked(prefix, TEXT_MARKS) ??
    text(prefix) ??
    marked(prefix, BINARY_MARKS) ??
    zipArchive(prefix) ??
    safetensors(prefix, fileBytes)
  );
}

function marked(prefix: Uint8Array, marks: readonly Mark[]): OtherFormat | undefined {
  const mark = marks.find(([at, characters]) => hasText(prefix, at, characters));
  return mark && { what: mark[2], remedy: mark[3] };
}

function hasText(bytes: Uint8Array, at: number, mark: string): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1', at).startsWith(mark);
}

/** A zip archive, classified by its first member (APPNOTE.TXT 4.3.7: the name's length is at byte 26, the name at 30). */
function zipArchive(prefix: Uint8Array): OtherFormat | undefined {
  if (!hasText(prefix, 0, 'PK\x03\x04')) return undefined;
  const bytes = Buffer.from(prefix);
  const name = bytes.length < 30 ? '' : bytes.toString('latin1', 30, 30 + bytes.readUInt16LE(26));
  if (name.endsWith('.npy')) {
    return {
      what: 'a zip archive of arrays (.npz)',
      remedy: "save one array: numpy.save('x.npy', numpy.load('x.npz')['name'])",
    };
  }
  if (name.endsWith('/data.pkl')) {
    return {
      what: 'a PyTorch file, a zip archive of a pickle that is never loaded',
      remedy: "save one tensor: numpy.save('x.npy', torch.load('x.pt')['name'].numpy())",
    };
  }
  return { what: 'a zip archive', remedy: UNPACK };
}

/** A safetensors file begins with the length of its header in eight bytes, followed by the header, which is JSON. */
function safetensors(prefix: Uint8Array, fileBytes: number): OtherFormat | undefined {
  if (prefix.length < 10 || !hasText(prefix, 8, '{')) return undefined;
  const length = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true);
  if (length < 2n || Number(length) > fileBytes - 8) return undefined;
  return {
    what: 'a safetensors file',
    remedy: "save one tensor: numpy.save('x.npy', safetensors.numpy.load_file('x.safetensors')['name'])",
  };
}

/** Bytes that do not occur in text: control characters except tab, line feed, form feed, carriage return and escape. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: a part of the control characters, for which there is no Unicode class
const CONTROL = /[\0-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]/;

/** Text in UTF-8, in UTF-16 with a byte order mark, or in a single-byte encoding that is mostly ASCII. */
function text(prefix: Uint8Array): OtherFormat | undefined {
  const characters = decode(prefix);
  if (characters === undefined || CONTROL.test(characters)) return undefined;
  if (/^\s*[[{]/.test(characters)) return { what: 'text, perhaps JSON', remedy: RESAVE };
  return {
    what: 'text, perhaps CSV',
    remedy: "save its numbers: numpy.save('x.npy', numpy.loadtxt('x.csv', delimiter=',', skiprows=1))",
  };
}

function decode(prefix: Uint8Array): string | undefined {
  const utf16 = hasText(prefix, 0, '\xff\xfe') ? 'le' : hasText(prefix, 0, '\xfe\xff') ? 'be' : undefined;
  try {
    // Decoded as a stream, since the prefix may end within a character.
    const encoding = utf16 === undefined ? 'utf-8' : `utf-16${utf16}`;
    return new TextDecoder(encoding, { fatal: true }).decode(prefix, { stream: true });
  } catch {
    const ascii = prefix.filter((byte) => byte < 0x80).length;
    return ascii >= prefix.length * 0.75 ? Buffer.from(prefix).toString('latin1') : undefined;
  }
}
