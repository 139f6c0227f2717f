import type { InspectRequest } from '../cli/request.js';
import { openFile } from '../data/open.js';
import { probeEngines } from '../engine/registry.js';
import { EXIT } from '../errors.js';
import { inspectionOf, renderInspection } from '../report/inspection.js';
import { surroundingsFor, type Terminal } from '../terminal.js';
import { printJson } from './output.js';

/** `pinbench inspect`: prints what a data file's header says, and whether the dataset fits on each device. */
export async function inspectCommand(request: InspectRequest, terminal: Terminal): Promise<number> {
  const file = await openFile(request.file);
  await file.close();
  const inspection = inspectionOf(file, await probeEngines(surroundingsFor(request, terminal)));
  if (request.json) printJson(inspection, terminal);
  else terminal.stdout.write(renderInspection(inspection));
  return EXIT.ok;
}
