import type { ReportRequest } from '../cli/request.js';
import { EXIT } from '../errors.js';
import { readRecords, recordFilesAt } from '../record/file.js';
import { named } from '../report/named.js';
import { screenOf, type Terminal } from '../terminal.js';
import { deliver, destinationOf } from './output.js';
import { mustBeDistinct } from './output-file.js';

/** `pinbench report`: renders stored records. */
export async function reportCommand(request: ReportRequest, terminal: Terminal): Promise<number> {
  const { records, output } = request;
  const destination = destinationOf(output);
  const screen = output.path === '-' ? screenOf(request, terminal) : undefined;
  const files = await recordFilesAt(records);
  mustBeDistinct([destination.file], files);
  await deliver(named(await readRecords(files)), destination, screen, terminal);
  return EXIT.ok;
}
