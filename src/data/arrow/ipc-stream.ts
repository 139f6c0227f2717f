import { Fault } from '../fault.js';
import type { Turns } from '../turns.js';
import { type Batch, dictionaryBatchOf, recordBatchOf } from './batch.js';
import { Dictionaries } from './dictionaries.js';
import { HEADER } from './format.js';
import type { Ipc, Wanted } from './ipc-file.js';
import { CONTINUATION, corrupt, knownSchema, type MessageReader, viewOf } from './message.js';

/**
 * Reads the IPC stream format: the schema, then batches up to the end-of-stream marker, or to the end of the file if the writer
 * omitted the marker.
 */
export async function readIpcStream(reader: MessageReader, wanted: Wanted, turns: Turns): Promise<Ipc> {
  const first = await reader.message(0);
  if (first?.headerType === HEADER.Tensor || first?.headerType === HEADER.SparseTensor) {
    throw new Fault(`an Arrow ${first.headerType === HEADER.Tensor ? 'tensor' : 'sparse tensor'}`, {
      expected: 'an Arrow file or stream of columns',
      remedy: 'save it as NPY: numpy.save(path, pyarrow.ipc.read_tensor(file).to_numpy())',
    });
  }
  if (first?.header?.type !== HEADER.Schema) throw corrupt('no schema at its start');
  if (turns.due) await turns.giveWay();
  const schema = knownSchema(first.header.value);
  const dictionaries = new Dictionaries(wanted(schema));
  const batches: Batch[] = [];
  let position = first.end;
  while (position < reader.fileBytes) {
    if (turns.due) await turns.giveWay();
    const message = await reader.message(position);
    if (message === undefined) {
      await mustEnd(reader, position);
      break;
    }
    if (message.headerType === HEADER.RecordBatch)
      batches.push(recordBatchOf(message, schema, dictionaries.count));
    else dictionaries.add(dictionaryBatchOf(message, schema));
    position = message.end;
  }
  return { batches, dictionaries };
}

/**
 * Checks that only padding follows the end-of-stream marker at `position`. A second stream, or data that a damaged length hides,
 * would be lost rows.
 */
async function mustEnd(reader: MessageReader, position: number): Promise<void> {
  const length = Math.min(reader.fileBytes - position, 2 ** 16);
  const rest = viewOf(await reader.read({ position, length }));
  const marker = rest.getUint32(0, true) === CONTINUATION ? 8 : 4;
  for (let at = marker; at < length; at++) {
    if (rest.getUint8(at) !== 0)
      throw corrupt(`data after the end-of-stream marker at byte ${position}`, 'write one stream to a file');
  }
}
