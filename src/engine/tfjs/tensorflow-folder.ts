import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { env } from 'node:process';

/** Where `pinbench setup tensorflow` builds and the engine looks: `PINBENCH_TENSORFLOW_DIR`, else the XDG cache folder. */
export function tensorflowFolder(): string {
  const cache = env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return resolve(env.PINBENCH_TENSORFLOW_DIR || join(cache, 'pinbench', 'tensorflow'));
}
