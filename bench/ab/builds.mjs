// Makes builds of pinbench that differ by a known slowdown. They are copies of this checkout's build in .cache/ab.
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** For each build, the strategies in which every tenth step is run twice. */
export const BUILDS = { 'as-is': [], pin: ['pin'], both: ['feed', 'pin'] };

/** A module that wraps the sessions of the cpu engine, so that steps take a tenth longer on average. */
const SLOWED = `
import { cpuEngine as original } from './cpu-as-is.js';
const SLOWED = new Set(STRATEGIES);
export const cpuEngine = {
  ...original,
  async open(ordinal) {
    const device = await original.open(ordinal);
    const prepare = device.prepare.bind(device);
    device.prepare = async (dataset, plan, strategy) => {
      const session = await prepare(dataset, plan, strategy);
      if (!SLOWED.has(strategy.name)) return session;
      const steps = session.steps.bind(session);
      const again = new Float64Array(1);
      let count = 0;
      session.steps = (order, from, to, out, stepNs) => {
        // Calls that time single steps are passed on unchanged.
        if (stepNs !== undefined) return steps(order, from, to, out, stepNs);
        for (let step = from; step < to; ) {
          const next = Math.min(to, step + 10 - (count % 10));
          steps(order, step, next, step === from ? out : out.subarray(step - from));
          count += next - step;
          if (count % 10 === 0) steps(order, next - 1, next, again);
          step = next;
        }
      };
      return session;
    };
    return device;
  },
};
`;

/** Makes all builds anew and returns the folder of each. */
export function makeBuilds() {
  const folders = Object.fromEntries(
    Object.entries(BUILDS).map(([name, strategies]) => {
      const folder = join(ROOT, '.cache', 'ab', name);
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      for (const part of ['bin', 'dist', 'package.json', 'fixtures'])
        cpSync(join(ROOT, part), join(folder, part), { recursive: true });
      symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
      // The as-is build has the wrapper too, for no strategy, so that all builds load the same modules.
      const tfjs = join(folder, 'dist', 'engine', 'tfjs');
      cpSync(join(tfjs, 'cpu.js'), join(tfjs, 'cpu-as-is.js'));
      const text = SLOWED.replace('STRATEGIES', JSON.stringify(strategies));
      writeFileSync(join(tfjs, 'cpu.js'), text);
      if (!readFileSync(join(tfjs, 'cpu-as-is.js'), 'utf8').includes('cpuEngine'))
        throw new Error('dist/engine/tfjs/cpu.js no longer exports cpuEngine');
      return [name, folder];
    }),
  );
  return folders;
}
