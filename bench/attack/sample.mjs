import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DATA, pinbench, RUN } from './program.mjs';

/** A record of a run that was made just now. */
export function sampleIn(folder) {
  pinbench(['run', DATA, ...RUN, '--json', 'sample.json'], { cwd: folder });
  return JSON.parse(readFileSync(join(folder, 'sample.json'), 'utf8'));
}
