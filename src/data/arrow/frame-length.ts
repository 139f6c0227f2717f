/** How much a compressed frame unpacks to, told from its block headers before anything is unpacked. */

const ZSTD_MAGIC = 0xfd2fb528;
const ZSTD_SKIPPABLE = 0x184d2a50;
/** The most that one block unpacks to (RFC 8878, 3.1.1.2.4). */
const ZSTD_BLOCK_BYTES = 128 * 1024;

/**
 * The most bytes that Zstandard frames unpack to: exact for raw and repeated blocks, 128 KiB for each compressed one. What
 * follows something that is no frame is not counted: a decoder stops there too.
 */
export function mostFromZstd(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let total = 0;
  let at = 0;
  while (at + 5 <= bytes.length) {
    const magic = view.getUint32(at, true);
    if ((magic & 0xfffffff0) >>> 0 === ZSTD_SKIPPABLE && at + 8 <= bytes.length) {
      at += 8 + view.getUint32(at + 4, true);
      continue;
    }
    if (magic !== ZSTD_MAGIC) break;
    const descriptor = bytes[at + 4]!;
    const singleSegment = (descriptor >> 5) & 1;
    const contentSizeBytes = [singleSegment, 2, 4, 8][descriptor >> 6]!;
    at += 5 + (1 - singleSegment) + [0, 1, 2, 4][descriptor & 3]! + contentSizeBytes;
    for (let last = 0; last === 0 && at + 3 <= bytes.length; ) {
      const header = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
      last = header & 1;
      const [type, size] = [(header >> 1) & 3, header >> 3];
      total += type === 2 ? ZSTD_BLOCK_BYTES : size;
      at += 3 + (type === 1 ? 1 : size);
    }
    at += ((descriptor >> 2) & 1) * 4;
  }
  return total;
}

const LZ4_MAGIC = 0x184d2204;
const LZ4_STORED = 0x80000000;

/**
 * The most bytes that an LZ4 frame unpacks to: its blocks are taken for full where that is not over `limit` by more than a
 * block, as any writer fills them; otherwise they are walked through, and the number is exact.
 */
export function mostFromLz4(bytes: Uint8Array, limit: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 7 || view.getUint32(0, true) !== LZ4_MAGIC) return 0;
  const flags = bytes[4]!;
  const blockBytes = 2 ** (8 + 2 * ((bytes[5]! >> 4) & 7));
  const checksumBytes = ((flags >> 4) & 1) * 4;
  const first = 7 + ((flags >> 3) & 1) * 8 + (flags & 1) * 4;
  const blocks: { start: number; end: number; stored: boolean }[] = [];
  for (let at = first; at + 4 <= bytes.length; ) {
    const word = view.getUint32(at, true);
    if (word === 0) break;
    const start = at + 4;
    const end = start + (word % LZ4_STORED);
    blocks.push({ start, end: Math.min(end, bytes.length), stored: word >= LZ4_STORED });
    at = end + checksumBytes;
  }
  const whenFull = blocks.length * blockBytes;
  if (whenFull <= limit + blockBytes) return whenFull;
  return blocks.reduce(
    (sum, { start, end, stored }) => sum + (stored ? end - start : fromLz4Block(bytes, start, end)),
    0,
  );
}

/** Whether the bytes are one LZ4 frame with its end mark: the library takes a frame that was cut between two blocks for whole, and does not see what follows one. */
export function isOneLz4Frame(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 7 || view.getUint32(0, true) !== LZ4_MAGIC) return false;
  const flags = bytes[4]!;
  const checksumBytes = ((flags >> 4) & 1) * 4;
  for (let at = 7 + ((flags >> 3) & 1) * 8 + (flags & 1) * 4; at + 4 <= bytes.length; ) {
    const word = view.getUint32(at, true);
    if (word === 0) return at + 4 + ((flags >> 2) & 1) * 4 === bytes.length;
    at += 4 + (word % LZ4_STORED) + checksumBytes;
  }
  return false;
}

/** Adds up the literals and matches of a block's sequences (LZ4 block format). */
function fromLz4Block(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  let total = 0;
  /** A length of 15 goes on in bytes, up to the first that is not 255. */
  const whole = (length: number): number => {
    if (length < 15) return length;
    let sum = length;
    for (let more = 255; more === 255 && at < end; at++) {
      more = bytes[at]!;
      sum += more;
    }
    return sum;
  };
  while (at < end) {
    const token = bytes[at++]!;
    const literals = whole(token >> 4);
    total += literals;
    at += literals;
    // The last sequence has literals alone.
    if (at >= end) break;
    at += 2;
    total += whole(token & 15) + 4;
  }
  return total;
}
