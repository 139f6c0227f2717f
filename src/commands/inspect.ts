import type { InspectRequest } from '../cli/request.js';
import { nameOf, openFile } from '../data/open.js';
import { freeBytesOf, probeEngines } from '../engine/registry.js';
import { EXIT, interruptedError } from '../errors.js';
import { type FoundEngine, inspectionOf, renderInspection } from '../report/inspection.js';
import { surroundingsFor, type Terminal } from '../terminal.js';
import { interruptible } from './interruptible.js';
import { printJson } from './output.js';

/** `pinbench inspect`: prints what is known about a data file without loading it, and whether the dataset fits on each device. */
export async function inspectCommand(request: InspectRequest, terminal: Terminal): Promise<number> {
  const surroundings = surroundingsFor(request, terminal);
  const { standardInput } = surroundings;
  const file = await interruptible(terminal, false, ({ signal }) =>
    openFile(request.file, { standardInput, signal }).catch((error: unknown) => {
      throw signal.aborted ? interruptedError(nameOf(request.file), error) : error;
    }),
  );
  await file.close();
  const engines: FoundEngine[] = [];
  // Inspecting a file must not run code from the working folder, so engines that are packages are not loaded.
  for (const found of await probeEngines(surroundings, ['cuda']))
    engines.push({ ...found, freeBytes: await freeBytesOf(found, surroundings) });
  const inspection = inspectionOf(file, surroundings.availableMemoryBytes(), engines);
  if (request.json) printJson(inspection, terminal);
  else terminal.stdout.write(renderInspection(inspection));
  return EXIT.ok;
}
