import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

/** Why the software driver cannot be built on this machine, or `undefined` if it can. */
export function whyNoDouble(): string | undefined {
  if (process.platform !== 'linux') return `the software driver needs Linux, and this is ${process.platform}`;
  if (spawnSync('gcc', ['--version']).status === 0) return undefined;
  return 'gcc, which builds the software driver, is not installed';
}

/** Builds the software driver in a folder. Returns why it cannot be built on this machine, or `undefined` if it was built. */
export function buildDouble(folder: string): string | undefined {
  const why = whyNoDouble();
  if (why !== undefined) return why;
  const script = join(ROOT, 'src/engine/cuda/double/build.sh');
  const { status, stderr } = spawnSync(script, [folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the software driver does not build: ${stderr}`);
  return undefined;
}
