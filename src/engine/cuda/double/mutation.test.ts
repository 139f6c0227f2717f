import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import koffi from 'koffi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DTYPES } from '../../../words.js';
import type { Argument } from '../declarations.js';
import { CudaEngine } from '../engine.js';
import { type Library, loadLibrary } from '../library.js';
import { buildDouble } from '../testing/double.js';
import { CASES, type Case } from '../testing/suite.js';

const folder = mkdtempSync(join(tmpdir(), 'pinbench-mutation-'));
const missing = buildDouble(folder);
const path = join(folder, 'libcuda.so.1');
afterAll(() => rmSync(folder, { recursive: true }));

interface Mutant {
  readonly entry: string;
  /** The instruction that is gone, and where it stood. */
  readonly gone: string;
  readonly text: string;
}

/** Each text that lacks one instruction of a PTX text. */
function* mutantsOf(ptx: string): Generator<Mutant> {
  const lines = ptx.split('\n');
  let entry = '';
  for (const [at, line] of lines.entries()) {
    entry = /\.entry (\w+)/.exec(line)?.[1] ?? entry;
    if (!/^\t(?:@!?%p\d+\s+)?[a-z]/.test(line)) continue;
    yield { entry, gone: `${at + 1}: ${line.trim()}`, text: lines.toSpliced(at, 1).join('\n') };
  }
}

/** The cases of the suite that run an entry, such as `slice_float32`; the loops of all other strategies launch it alike. */
function casesOf(entry: string): readonly Case[] {
  const [sampling, dtype] = entry.split('_');
  const begins = `${dtype}, ${sampling}`;
  return CASES.filter(({ name }) =>
    [`${begins}, pin:`, `${begins}, pin-replay:`, `${begins}: `].some((n) => name.startsWith(n)),
  );
}

describe.skipIf(missing !== undefined)(
  `instructions of the shipped PTX${missing ? `: skipped, ${missing}` : ''}`,
  () => {
    let library: Library;
    let reset: () => void;
    beforeAll(async () => {
      process.env.PINBENCH_DOUBLE_BUDGET = '300000';
      process.env.PINBENCH_DOUBLE_SMS = '1';
      library = await loadLibrary([path]);
      reset = koffi.load(path).func('void pinbenchDoubleReset()');
    });

    /** Whether the suite holds with this PTX in place of the shipped. */
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

    it.for(DTYPES)(
      'of %s: at least 85 percent are missed when they are gone',
      { timeout: 600_000 },
      async (dtype, { annotate }) => {
        const ptx = readFileSync(
          new URL(`../kernels/sum_of_squares_${dtype}.ptx`, import.meta.url),
          'latin1',
        );
        for (const entry of [`slice_${dtype}`, `gather_${dtype}`]) expect(await holds(entry, ptx)).toBe(true);
        // The others are no part of the graph; double.test.ts holds the gate.
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
