import { Fault } from './fault.js';
import { NPY_MAGIC } from './npy/header.js';
import { otherFormat } from './other-formats.js';

/** Which reader a file is for, by its first bytes. */
export type Beginning =
  | { readonly format: 'npy' }
  | { readonly format: 'arrow'; readonly variety: 'file' | 'stream' };

const ARROW_MAGIC = Uint8Array.from('ARROW1', (character) => character.charCodeAt(0));
/** Begins each message of a stream since Arrow 0.15. */
const ARROW_CONTINUATION = Uint8Array.of(0xff, 0xff, 0xff, 0xff);
/** Bytes that tell whether a file is Arrow. */
const ARROW_BYTES = 8;

/**
 * Tells a file's format by its first `PREFIX_BYTES` bytes, or by all where it has fewer. `fileBytes` is infinite where it is not known
 * yet. A fault says what the file is instead.
 */
export function beginningOf(prefix: Uint8Array, fileBytes: number): Beginning {
  if (startsWith(prefix, NPY_MAGIC)) return { format: 'npy' };
  const variety = arrowVariety(prefix, fileBytes);
  if (variety !== undefined) return { format: 'arrow', variety };
  throw cutOff(prefix) ?? unknownFormat(prefix, fileBytes);
}

function startsWith(bytes: Uint8Array, magic: Uint8Array): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}

/** `ARROW1` begins an IPC file, which Feather v2 is too. A stream begins with a message: a continuation marker and its length, or before Arrow 0.15 its length alone. */
function arrowVariety(prefix: Uint8Array, fileBytes: number): 'file' | 'stream' | undefined {
  if (startsWith(prefix, ARROW_MAGIC)) return 'file';
  if (prefix.length < ARROW_BYTES) return undefined;
  if (startsWith(prefix, ARROW_CONTINUATION)) return 'stream';
  const view = new DataView(prefix.buffer, prefix.byteOffset);
  // The first message is the schema: a flatbuffer, of any length for any number of columns, whose root table is near.
  const [length, root] = [view.getUint32(0, true), view.getUint32(4, true)];
  return length >= 16 &&
    length <= fileBytes - 4 &&
    length % 4 === 0 &&
    root >= 4 &&
    root < 64 &&
    root % 2 === 0
    ? 'stream'
    : undefined;
}

/** A file that ends before its format can be told, in the very bytes that a format begins with: `ARR` is text, too. */
function cutOff(bytes: Uint8Array): Fault | undefined {
  const isBeginningOf = (magic: Uint8Array) => bytes.every((byte, index) => (magic[index] ?? byte) === byte);
  const what =
    bytes.length >= ARROW_BYTES
      ? undefined
      : isBeginningOf(NPY_MAGIC)
        ? 'an NPY file'
        : isBeginningOf(ARROW_MAGIC)
          ? 'an Arrow file'
          : isBeginningOf(ARROW_CONTINUATION)
            ? 'an Arrow stream'
            : undefined;
  return (
    what &&
    new Fault(`truncated: ${bytes.length} bytes, as ${what} begins with`, { remedy: 'write the file anew' })
  );
}

function unknownFormat(prefix: Uint8Array, fileBytes: number): Fault {
  const { what, remedy } = otherFormat(prefix, fileBytes) ?? {
    what: 'not an array: its first bytes are those of no format known here',
    remedy: 'save it with numpy.save, or as Arrow with pyarrow.feather.write_feather',
  };
  return new Fault(what, { expected: 'an NPY or Arrow file', remedy });
}
