import type { SchemaRequest } from '../cli/request.js';
import { EXIT } from '../errors.js';
import { recordJsonSchema } from '../record/schema.js';
import { pairsJsonSchema } from '../regress/pairs-schema.js';
import { comparisonJsonSchema } from '../regress/schema.js';
import type { Terminal } from '../terminal.js';
import type { SchemaName } from '../words.js';
import { printJson } from './output.js';

const SCHEMAS: Readonly<Record<SchemaName, () => unknown>> = {
  record: recordJsonSchema,
  compare: comparisonJsonSchema,
  ab: pairsJsonSchema,
};

/** `pinbench schema`: prints the JSON Schema of the output of another command. */
export async function schemaCommand({ of }: SchemaRequest, terminal: Terminal): Promise<number> {
  printJson(SCHEMAS[of](), terminal);
  return EXIT.ok;
}
