import type { ReportRequest } from '../cli/request.js';
import { EXIT } from '../errors.js';
import { readRecords } from '../record/file.js';
import { named } from '../report/named.js';
import { screenOf, type Terminal } from '../terminal.js';
import { deliver, mustBeWritable } from './output.js';

/** `pinbench report`: renders records again. */
export async function reportCommand(request: ReportRequest, terminal: Terminal): Promise<number> {
  const { records, output } = request;
  mustBeWritable(output);
  const screen = output.path === '-' ? screenOf(request, terminal) : undefined;
  await deliver(named(await readRecords(records)), output, screen, terminal);
  return EXIT.ok;
}
