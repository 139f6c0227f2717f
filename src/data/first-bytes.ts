import { counted } from '../units.js';
import { Fault } from './fault.js';
import { NPY_MAGIC } from './npy/header.js';
import { otherFormat } from './other-formats.js';

/** The reader that a file needs, as told by its first bytes. */
export type Beginning =
  | { readonly format: 'npy' }
  | { readonly format: 'arrow'; readonly variety: 'file' | 'stream' };

const ARROW_MAGIC = Uint8Array.from('ARROW1', (character) => character.charCodeAt(0));
/** Begins each message of a stream since Arrow 0.15. */
const ARROW_CONTINUATION = Uint8Array.of(0xff, 0xff, 0xff, 0xff);
/** How many bytes are needed to recognise an Arrow file. */
const ARROW_BYTES = 8;

/**
 * Tells a file's format by its first `PREFIX_BYTES` bytes, or by all of it if it is shorter. `fileBytes` is infinite if it is not
 * known yet. Throws a fault that says what the file is instead.
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

/**
 * `ARROW1` begins an IPC file, which includes Feather v2. A stream begins with a message: a continuation marker and the message's
 * length, or, before Arrow 0.15, only the length.
 */
function arrowVariety(prefix: Uint8Array, fileBytes: number): 'file' | 'stream' | undefined {
  if (startsWith(prefix, ARROW_MAGIC)) return 'file';
  if (prefix.length < ARROW_BYTES) return undefined;
  if (startsWith(prefix, ARROW_CONTINUATION)) return 'stream';
  const view = new DataView(prefix.buffer, prefix.byteOffset);
  // The first message is the schema: a flatbuffer of any length (it may have any number of columns) whose root table is near its
  // start.
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

/** Recognises a file that is too short to tell its format but matches the beginning of one. `ARR` could also be text. */
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
    new Fault(`truncated: ${counted(bytes.length, 'byte')}, the start of ${what}`, {
      remedy: 'write the file again',
    })
  );
}

function unknownFormat(prefix: Uint8Array, fileBytes: number): Fault {
  const { what, remedy } = otherFormat(prefix, fileBytes) ?? {
    what: 'not an array: its first bytes match no known format',
    remedy: 'save it with numpy.save, or as Arrow with pyarrow.feather.write_feather',
  };
  return new Fault(what, { expected: 'an NPY or Arrow file', remedy });
}
