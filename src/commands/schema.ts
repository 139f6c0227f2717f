import { EXIT } from '../exit.js';
import { recordJsonSchema } from '../record/schema.js';
import type { Terminal } from '../terminal.js';
import { printJson } from './output.js';

/** `pinbench schema`: prints the JSON Schema of a record. */
export async function schemaCommand(terminal: Terminal): Promise<number> {
  printJson(recordJsonSchema(), terminal);
  return EXIT.ok;
}
