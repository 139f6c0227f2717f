import { Fault } from '../fault.js';
import { type Batch, type Dictionaries, dictionaryBatchOf, recordBatchOf, withDictionary } from './batch.js';
import { HEADER } from './format.js';
import type { Ipc } from './ipc-file.js';
import { CONTINUATION, corrupt, knownSchema, type MessageReader, viewOf } from './message.js';
import { dictionariesOf } from './schema.js';

/** Reads the IPC stream format: the schema, then batches, up to the end-of-stream marker or, where the writer left it out, to the end. */
export async function readIpcStream(reader: MessageReader): Promise<Ipc> {
  const first = await reader.message(0);
  if (first?.headerType === HEADER.Tensor || first?.headerType === HEADER.SparseTensor) {
    throw new Fault(`an Arrow ${first.headerType === HEADER.Tensor ? 'tensor' : 'sparse tensor'}`, {
      expected: 'an Arrow file or stream of columns',
      remedy: 'save it as NPY: numpy.save(path, pyarrow.ipc.read_tensor(file).to_numpy())',
    });
  }
  if (first?.header?.type !== HEADER.Schema) throw corrupt('no schema at its start');
  const schema = knownSchema(first.header.value);
  const known = dictionariesOf(schema.fields);
  let dictionaries: Dictionaries = new Map();
  const batches: Batch[] = [];
  let position = first.end;
  while (position < reader.fileBytes) {
    const message = await reader.message(position);
    if (message === undefined) {
      await mustEnd(reader, position);
      break;
    }
    if (message.headerType === HEADER.RecordBatch) batches.push(recordBatchOf(message, schema, dictionaries));
    else dictionaries = withDictionary(dictionaries, dictionaryBatchOf(message, known));
    position = message.end;
  }
  return { schema, batches };
}

/** Behind the end-of-stream marker at `position` only padding may stand: a second stream, or what a damaged length hides, would be rows gone missing. */
async function mustEnd(reader: MessageReader, position: number): Promise<void> {
  const length = Math.min(reader.fileBytes - position, 2 ** 16);
  const rest = viewOf(await reader.read({ position, length }));
  const marker = rest.getUint32(0, true) === CONTINUATION ? 8 : 4;
  for (let at = marker; at < length; at++) {
    if (rest.getUint8(at) !== 0)
      throw corrupt(`data after the end-of-stream marker at byte ${position}`, 'write one stream to a file');
  }
}
