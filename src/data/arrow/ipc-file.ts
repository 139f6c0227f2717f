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

/** What an Arrow file or stream holds: where its batches are, and the dictionaries that they point into. */
export interface Ipc {
  readonly batches: readonly Batch[];
  readonly dictionaries: Dictionaries;
}

/** Says of a schema, which comes before all else, which of its dictionaries will be asked for: others are not kept. */
export type Wanted = (schema: Schema) => ReadonlySet<bigint>;

const MAGIC = 'ARROW1';
/** Where the first message of a file is: behind the magic, padded to 8 bytes, or to 64 by arrow-rs. */
const FIRST_MESSAGES = [8, 64];
/** Between the last batch and the footer: the end-of-stream marker and padding, less than any message. */
const MOST_PADDING_BYTES = 64;

/** Reads the IPC file format: magic, messages, footer, its length, magic. The footer says where the batches are. */
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
  // A footer, or a schema, of very many entries takes long by itself.
  if (turns.due) await turns.giveWay();
  const schema = knownSchema(footer.schema);
  if (turns.due) await turns.giveWay();
  await mustNotBeginWithAnother(reader, schema);
  if (turns.due) await turns.giveWay();
  const dictionaries = new Dictionaries(wanted(schema));
  for (let i = 0; i < footer.dictionaries.length; i++) {
    if (turns.due) await turns.giveWay();
    const message = await inBlock(reader, footer.dictionaries.at(i), `dictionary ${i}`);
    const dictionary = dictionaryBatchOf(message, schema);
    // The batches of a file may be read in any order: which one a batch means would not be known.
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
 * A file holds a stream, which begins with the schema that the footer repeats: another one there is damage. The footer's is the
 * one that counts, and some writers have no other: apache-arrow for JavaScript leaves the first one out, Polars 2 does not frame it.
 */
async function mustNotBeginWithAnother(reader: MessageReader, { fields }: Schema): Promise<void> {
  const message = await firstMessage(reader);
  if (message?.header?.type !== HEADER.Schema) return;
  if (!sameColumns(knownSchema(message.header.value).fields, fields))
    throw corrupt('a footer of other columns than the schema at its start');
}

async function firstMessage(reader: MessageReader): Promise<Message | undefined> {
  try {
    for (const position of FIRST_MESSAGES) {
      // A length of zero: padding.
      const message = await reader.message(position);
      if (message !== undefined) return message;
    }
    return undefined;
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}

/** The message that a block of the footer points to, of the lengths that the block has. */
async function inBlock(reader: MessageReader, block: Block, what: string): Promise<Message> {
  const position = block.offset;
  if (position % ALIGNMENT !== 0) throw corrupt(`${what} at byte ${position}, not a multiple of 8`);
  if (block.metaDataLength % ALIGNMENT !== 0)
    throw corrupt(`${what} of ${block.metaDataLength} bytes of metadata, not a multiple of 8`);
  const message = await reader.message(position);
  if (message === undefined) throw corrupt(`no ${what} where the footer says`);
  const { body } = message;
  if (body.position - position !== block.metaDataLength || body.length !== block.bodyLength) {
    throw corrupt(
      `${what} has ${body.position - position} + ${body.length} bytes, the footer says ${block.metaDataLength} + ${block.bodyLength}`,
    );
  }
  return message;
}

/** Blocks that overlap would have rows twice; a footer that lists fewer batches than there are would have rows go missing unnoticed. */
function mustNotOverlap(lists: readonly Blocks[], footerAt: number): void {
  const listed = endInOrder(lists) ?? endOf(lists);
  const unlisted = footerAt - listed;
  if (listed > 0 && unlisted > MOST_PADDING_BYTES)
    throw corrupt(`${unlisted} bytes before the footer that it does not list`);
}

/** Where the last block ends, if each begins behind the one before, as writers list them; else undefined. */
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
