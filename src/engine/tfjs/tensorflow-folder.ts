import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Surroundings } from '../../surroundings.js';

/**
 * The folder where `pinbench setup tensorflow` builds and the engine looks: `PINBENCH_TENSORFLOW_DIR`, else one in the XDG cache
 * folder.
 */
export function tensorflowFolder({ env }: Pick<Surroundings, 'env'>): string {
  const cache = env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return resolve(env.PINBENCH_TENSORFLOW_DIR || join(cache, 'pinbench', 'tensorflow'));
}
