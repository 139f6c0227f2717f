import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import koffi from 'koffi';
import { describe, expect, it } from 'vitest';

/** NVIDIA's PTX compiler library, the compiler in its drivers; `.ci/ptx-compiler` sets this variable. */
const LIBRARY = process.env.PINBENCH_TEST_PTX_COMPILER;
/** Architectures from the oldest, the PTX's target, to the newest that every driver since 535 supports. */
const ARCHITECTURES = [50, 52, 60, 61, 70, 75, 80, 86, 87, 89, 90];
/**
 * With at most this many, three blocks of 256 threads fit into the 65,536 registers of a multiprocessor; fewer blocks would not
 * hide memory latency.
 */
const MAX_REGISTERS = 85;

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.ptx'));

/** The functions of the PTX Compiler API that are needed to compile (CUDA Toolkit, "PTX Compiler APIs"). */
function compilerOf(path: string) {
  const library = koffi.load(path);
  const create = library.func('int nvPTXCompilerCreate(void *handle, size_t length, const char *code)');
  const compile = library.func('int nvPTXCompilerCompile(uintptr_t handle, int count, const char **options)');
  const destroy = library.func('int nvPTXCompilerDestroy(void *handle)');
  const texts = (['Error', 'Info'] as const).map((kind) => ({
    size: library.func(`int nvPTXCompilerGet${kind}LogSize(uintptr_t handle, void *size)`),
    text: library.func(`int nvPTXCompilerGet${kind}Log(uintptr_t handle, void *text)`),
  }));
  /** Compiles for an architecture and returns the compiler's output, errors first. */
  return (ptx: string, architecture: number): { readonly status: number; readonly said: string } => {
    const handle = new BigUint64Array(1);
    expect(create(handle, Buffer.byteLength(ptx), ptx)).toBe(0);
    const status: number = compile(handle[0], 2, [`--gpu-name=sm_${architecture}`, '--verbose']);
    const said = texts.map(({ size, text }) => {
      const bytes = new BigUint64Array(1);
      if (size(handle[0], bytes) !== 0 || bytes[0] === 0n) return '';
      const log = Buffer.alloc(Number(bytes[0]) + 1);
      text(handle[0], log);
      return log.toString('latin1', 0, log.indexOf(0));
    });
    destroy(handle);
    return { status, said: said.join('') };
  };
}

describe.skipIf(LIBRARY === undefined)("the driver's PTX compiler", () => {
  it('rejects invalid PTX with an error message', () => {
    const { status, said } = compilerOf(LIBRARY!)(
      '.version 6.0\n.target sm_50\n.address_size 64\nnonsense\n',
      50,
    );
    expect(status).not.toBe(0);
    expect(said).toMatch(/syntax error/i);
  });

  it.each(files)('compiles %s for every architecture without spilling a register', (name) => {
    const compile = compilerOf(LIBRARY!);
    const ptx = readFileSync(`${FOLDER}${name}`, 'latin1');
    const entries = ptx.split('.entry').length - 1;
    for (const architecture of ARCHITECTURES) {
      const { status, said } = compile(ptx, architecture);
      expect(status, `sm_${architecture}: ${said}`).toBe(0);
      const spills = [...said.matchAll(/(\d+) bytes spill (?:stores|loads)/g)].map(([, bytes]) =>
        Number(bytes),
      );
      const registers = [...said.matchAll(/Used (\d+) registers/g)].map(([, used]) => Number(used));
      expect(registers.length).toBe(entries);
      expect(spills.length).toBe(2 * entries);
      expect(Math.max(...spills)).toBe(0);
      expect(Math.max(...registers), `sm_${architecture}`).toBeLessThanOrEqual(MAX_REGISTERS);
    }
  });
});
