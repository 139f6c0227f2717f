import { Fault } from '../fault.js';
import type { Turns } from '../turns.js';
import { type Batch, dictionaryBatchOf, recordBatchOf } from './batch.js';
import { Dictionaries } from './dictionaries.js';
import { type Block, type Blocks, decodeFooter, HEADER } from './format.js';
import {
  ALIGNMENT,
  corrupt,
  decoded,
  knownSchema,
  type Message,
  type MessageReader,
  mustBeKnown,
  truncated,
  viewOf,
} from './message.js';
import { type Schema, sameColumns } from './schema.js';

/** The contents of an Arrow file or stream: its record batches and the dictionaries that they point into. */
export interface Ipc {
  readonly batches: readonly Batch[];
  readonly dictionaries: Dictionaries;
}

/** Is given the schema, which precedes everything else, and returns the ids of the dictionaries to keep. */
export type Wanted = (schema: Schema) => ReadonlySet<bigint>;

const MAGIC = 'ARROW1';
/** Where a file's first message may be: after the magic, padded to 8 bytes, or by arrow-rs to 64. */
const FIRST_MESSAGES = [8, 64];
/** The most bytes between the last batch and the footer: the end-of-stream marker and padding, less than any message. */
const MAX_PADDING_BYTES = 64;

/**
 * Reads the IPC file format: magic, messages, footer, the footer's length, magic. The footer has the positions of the batches.
 */
export async function readIpcFile(reader: MessageReader, wanted: Wanted, turns: Turns): Promise<Ipc> {
  const end = reader.fileBytes - MAGIC.length;
  if (end < MAGIC.length + 4) throw truncated('too short for a footer');
  const tail = await reader.read({ position: end - 4, length: 4 + MAGIC.length });
  if (Buffer.from(tail.subarray(4)).toString('latin1') !== MAGIC) throw truncated('no ARROW1 at its end');
  const length = viewOf(tail).getInt32(0, true);
  if (length <= 0 || length > end - 4 - MAGIC.length) throw corrupt(`a footer of ${length} bytes`);
  const footerAt = end - 4 - length;
  const footer = decoded('a footer', decodeFooter, await reader.read({ position: footerAt, length }));
  mustBeKnown(footer.version);
  // Decoding a footer or a schema with very many entries already takes long.
  if (turns.due) await turns.giveWay();
  const schema = knownSchema(footer.schema);
  if (turns.due) await turns.giveWay();
  await mustRepeatSchema(reader, schema);
  if (turns.due) await turns.giveWay();
  const dictionaries = new Dictionaries(wanted(schema));
  for (let i = 0; i < footer.dictionaries.length; i++) {
    if (turns.due) await turns.giveWay();
    const message = await inBlock(reader, footer.dictionaries.at(i), `dictionary ${i}`);
    const dictionary = dictionaryBatchOf(message, schema);
    // The batches of a file may be read in any order, so it would be unknown which of the two a batch means.
    if (!dictionary.isDelta && dictionaries.has(dictionary.id))
      throw corrupt(`a second dictionary ${dictionary.id}`);
    dictionaries.add(dictionary);
  }
  const batches: Batch[] = [];
  for (let i = 0; i < footer.recordBatches.length; i++) {
    if (turns.due) await turns.giveWay();
    const message = await inBlock(reader, footer.recordBatches.at(i), `record batch ${i}`);
    batches.push(recordBatchOf(message, schema, dictionaries.count));
  }
  if (turns.due) await turns.giveWay();
  mustNotOverlap([footer.dictionaries, footer.recordBatches], footerAt);
  return { batches, dictionaries };
}

/**
 * Checks that the schema at the start of a file matches the one in its footer: a file contains a stream, whose schema the footer
 * repeats, so that a different one means damage. The footer's schema is authoritative, and some files have no other: apache-arrow
 * for JavaScript omits the first one, and Polars 2 writes it without framing.
 */
async function mustRepeatSchema(reader: MessageReader, { fields }: Schema): Promise<void> {
  const message = await firstMessage(reader);
  if (message?.header?.type !== HEADER.Schema) return;
  if (!sameColumns(knownSchema(message.header.value).fields, fields))
    throw corrupt('a footer with other columns than the schema at its start');
}

async function firstMessage(reader: MessageReader): Promise<Message | undefined> {
  try {
    for (const position of FIRST_MESSAGES) {
      // A length of zero is padding.
      const message = await reader.message(position);
      if (message !== undefined) return message;
    }
    return undefined;
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}

/** Reads the message that a block of the footer points to and checks that its lengths match the block's. */
async function inBlock(reader: MessageReader, block: Block, what: string): Promise<Message> {
  const position = block.offset;
  if (position % ALIGNMENT !== 0) throw corrupt(`${what} at byte ${position}, not a multiple of 8`);
  if (block.metaDataLength % ALIGNMENT !== 0)
    throw corrupt(`${what} of ${block.metaDataLength} bytes of metadata, not a multiple of 8`);
  const message = await reader.message(position);
  if (message === undefined) throw corrupt(`no ${what} where the footer points`);
  const { body } = message;
  if (body.position - position !== block.metaDataLength || body.length !== block.bodyLength) {
    throw corrupt(
      `${what} has ${body.position - position} + ${body.length} bytes, but the footer says ${block.metaDataLength} + ${block.bodyLength}`,
    );
  }
  return message;
}

/**
 * Refuses overlapping blocks, which would duplicate rows, and a footer that lists fewer batches than there are, which would
 * silently lose rows.
 */
function mustNotOverlap(lists: readonly Blocks[], footerAt: number): void {
  const listed = endInOrder(lists) ?? endOf(lists);
  const unlisted = footerAt - listed;
  if (listed > 0 && unlisted > MAX_PADDING_BYTES)
    throw corrupt(`${unlisted} bytes before the footer that it does not list`);
}

/** Returns the end of the last block if each block begins after the previous one, as writers list them; otherwise undefined. */
function endInOrder(lists: readonly Blocks[]): number | undefined {
  let listed = 0;
  for (const list of lists)
    for (let i = 0; i < list.length; i++) {
      const { offset, metaDataLength, bodyLength } = list.at(i);
      if (offset < listed) return undefined;
      listed = offset + bodyLength + metaDataLength;
    }
  return listed;
}

function endOf(lists: readonly Blocks[]): number {
  const blocks = lists.flatMap((list) => Array.from({ length: list.length }, (_, i) => list.at(i)));
  let listed = 0;
  for (const { offset, metaDataLength, bodyLength } of blocks.sort((a, b) => a.offset - b.offset)) {
    if (offset < listed) throw corrupt(`two blocks that overlap at byte ${offset}`);
    listed = offset + bodyLength + metaDataLength;
  }
  return listed;
}
