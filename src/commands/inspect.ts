import type { InspectRequest } from '../cli/request.js';
import { openFile } from '../data/open.js';
import { freeBytesOf, probeEngines } from '../engine/registry.js';
import { EXIT } from '../errors.js';
import { type FoundEngine, inspectionOf, renderInspection } from '../report/inspection.js';
import { surroundingsFor, type Terminal } from '../terminal.js';
import { printJson } from './output.js';

/** `pinbench inspect`: prints what a data file's header says, and whether the dataset fits on each device. */
export async function inspectCommand(request: InspectRequest, terminal: Terminal): Promise<number> {
  const surroundings = surroundingsFor(request, terminal);
  const file = await openFile(request.file, { standardInput: surroundings.standardInput });
  await file.close();
  const engines: FoundEngine[] = [];
  for (const found of await probeEngines(surroundings))
    engines.push({ ...found, freeBytes: await freeBytesOf(found, surroundings) });
  const inspection = inspectionOf(file, surroundings.availableMemoryBytes(), engines);
  if (request.json) printJson(inspection, terminal);
  else terminal.stdout.write(renderInspection(inspection));
  return EXIT.ok;
}
