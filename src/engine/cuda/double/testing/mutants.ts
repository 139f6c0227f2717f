import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import koffi from 'koffi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DType } from '../../../../words.js';
import type { Argument } from '../../declarations.js';
import { CudaEngine } from '../../engine.js';
import { type Library, loadLibrary } from '../../library.js';
import { buildDouble } from '../../testing/double.js';
import { CASES, type Case } from '../../testing/suite.js';

interface Mutant {
  readonly entry: string;
  /** The deleted instruction and its line number. */
  readonly gone: string;
  readonly text: string;
}

/** Yields the PTX text once per instruction, with that instruction deleted. */
function* mutantsOf(ptx: string): Generator<Mutant> {
  const lines = ptx.split('\n');
  let entry = '';
  for (const [at, line] of lines.entries()) {
    entry = /\.entry (\w+)/.exec(line)?.[1] ?? entry;
    if (!/^\t(?:@!?%p\d+\s+)?[a-z]/.test(line)) continue;
    yield { entry, gone: `${at + 1}: ${line.trim()}`, text: lines.toSpliced(at, 1).join('\n') };
  }
}

/** The cases of the suite that run an entry point such as `slice_float32`. Other strategies launch it in the same way. */
function casesOf(entry: string): readonly Case[] {
  const [sampling, dtype] = entry.split('_');
  const begins = `${dtype}, ${sampling}`;
  return CASES.filter(({ name }) =>
    [`${begins}, pin:`, `${begins}, pin-replay:`, `${begins}: `].some((n) => name.startsWith(n)),
  );
}

/**
 * Tests that the suite finds at least 85 % of the mutants of the kernels of these element types. The software driver belongs to a
 * process, so that two processors are used by two test files.
 */
export function testMutants(dtypes: readonly DType[]): void {
  const folder = mkdtempSync(join(tmpdir(), 'pinbench-mutation-'));
  const missing = buildDouble(folder);
  const path = join(folder, 'libcuda.so.1');
  afterAll(() => rmSync(folder, { recursive: true }));

  describe.skipIf(missing !== undefined)(
    `the suite on mutants of the shipped PTX${missing ? `: skipped, ${missing}` : ''}`,
    () => {
      let library: Library;
      let reset: () => void;
      beforeAll(async () => {
        process.env.PINBENCH_DOUBLE_BUDGET = '300000';
        process.env.PINBENCH_DOUBLE_SMS = '1';
        library = await loadLibrary([path]);
        reset = koffi.load(path).func('void pinbenchDoubleReset()');
      });

      /** Whether the suite passes with this PTX instead of the shipped one. */
      async function holds(entry: string, text: string): Promise<boolean> {
        const load = (box: Argument, _: Argument, ...rest: Argument[]) =>
          library.call.cuModuleLoadDataEx(box, Buffer.from(`${text}\0`, 'latin1'), ...rest);
        const mutated: Library = { ...library, call: { ...library.call, cuModuleLoadDataEx: load } };
        try {
          const device = await new CudaEngine(async () => mutated, freemem).open(0);
          for (const { run } of casesOf(entry)) await run(device);
          await device[Symbol.asyncDispose]();
          return true;
        } catch {
          return false;
        } finally {
          reset();
        }
      }

      it.for(dtypes)(
        'fails for at least 85 percent of the deletions of one instruction (%s)',
        { timeout: 600_000 },
        async (dtype, { annotate }) => {
          const ptx = readFileSync(
            new URL(`../../kernels/sum_of_squares_${dtype}.ptx`, import.meta.url),
            'latin1',
          );
          for (const entry of [`slice_${dtype}`, `gather_${dtype}`])
            expect(await holds(entry, ptx)).toBe(true);
          // The other entry points are not part of the graph; double.test.ts tests the gate.
          const mutants = [...mutantsOf(ptx)].filter(({ entry }) => entry.endsWith(`_${dtype}`));
          const survivors: string[] = [];
          for (const { entry, gone, text } of mutants) if (await holds(entry, text)) survivors.push(gone);
          const found = mutants.length - survivors.length;
          await annotate(`${found} of ${mutants.length} deletions found`);
          expect(found / mutants.length, survivors.join('\n')).toBeGreaterThanOrEqual(0.85);
        },
      );
    },
  );
}
