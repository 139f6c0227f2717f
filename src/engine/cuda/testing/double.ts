import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

/** Why the software driver cannot be built here, or `undefined`. */
export function whyNoDouble(): string | undefined {
  if (process.platform !== 'linux') return `the software driver is for Linux, this is ${process.platform}`;
  if (spawnSync('gcc', ['--version']).status === 0) return undefined;
  return 'there is no gcc to build the software driver with';
}

/** Builds the software driver in a folder; why it cannot be built here, or `undefined` where it was. */
export function buildDouble(folder: string): string | undefined {
  const why = whyNoDouble();
  if (why !== undefined) return why;
  const script = join(ROOT, 'src/engine/cuda/double/build.sh');
  const { status, stderr } = spawnSync(script, [folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the software driver does not build: ${stderr}`);
  return undefined;
}
