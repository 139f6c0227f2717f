import type { ReportRequest } from '../cli/request.js';
import { EXIT } from '../errors.js';
import { readRecords, recordFilesAt } from '../record/file.js';
import { named } from '../report/named.js';
import { screenOf, type Terminal } from '../terminal.js';
import { mustBeDistinct } from './distinct-outputs.js';
import { uninterrupted } from './interruptible.js';
import { deliver, destinationOf } from './output.js';

/** `pinbench report`: renders stored records. */
export async function reportCommand(request: ReportRequest, terminal: Terminal): Promise<number> {
  const { records, output } = request;
  const screen = output.path === '-' ? screenOf(request, terminal) : undefined;
  const files = await recordFilesAt(records);
  const destination = await uninterrupted(terminal, 'report', () => {
    const found = destinationOf(output);
    mustBeDistinct([found.file], files);
    return found;
  });
  const found = named(await readRecords(files));
  await uninterrupted(terminal, 'report', () => deliver(found, destination, screen, terminal), {
    thenEnds: true,
  });
  return EXIT.ok;
}
