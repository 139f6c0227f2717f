import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DATA, pinbench, RUN } from './program.mjs';

/** Runs pinbench and returns its record. */
export function sampleIn(folder) {
  pinbench(['run', DATA, ...RUN, '--json', 'sample.json'], { cwd: folder });
  return JSON.parse(readFileSync(join(folder, 'sample.json'), 'utf8'));
}
