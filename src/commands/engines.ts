import type { EnginesRequest } from '../cli/request.js';
import { probeEngines } from '../engine/registry.js';
import { EXIT } from '../errors.js';
import { renderEngines } from '../report/engines.js';
import { surroundingsFor, type Terminal, usesColor } from '../terminal.js';
import { printJson } from './output.js';

/** `pinbench engines`: prints which engines are available, and how to fix the others. */
export async function enginesCommand(request: EnginesRequest, terminal: Terminal): Promise<number> {
  const engines = await probeEngines(surroundingsFor(request, terminal));
  if (request.json) {
    printJson(
      engines.map(({ name, availability }) => ({ name, ...availability })),
      terminal,
    );
  } else {
    terminal.stdout.write(renderEngines(engines, usesColor(request, terminal)));
  }
  return EXIT.ok;
}
