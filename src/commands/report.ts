import type { ReportRequest } from '../cli/request.js';
import { EXIT } from '../errors.js';
import { readRecords } from '../record/file.js';
import { named } from '../report/named.js';
import { type Terminal, usesColor } from '../terminal.js';
import { deliver, mustBeWritable } from './output.js';

/** `pinbench report`: renders records again. */
export async function reportCommand(request: ReportRequest, terminal: Terminal): Promise<number> {
  const { records, output } = request;
  mustBeWritable(output);
  const color = output.path === '-' && usesColor(request, terminal);
  await deliver(named(await readRecords(records)), output, color, terminal);
  return EXIT.ok;
}
