import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { DECLARATIONS } from './declarations.js';
import { CudaEngine } from './engine.js';
import { loadLibrary } from './library.js';
import { whyNoDouble } from './testing/double.js';
import { MemoryLibrary } from './testing/memory-library.js';

const folder = mkdtempSync(join(tmpdir(), 'pinbench-libraries-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What the engine says where its library is looked for at these paths. */
async function saidOf(...paths: string[]) {
  const found = await new CudaEngine(() => loadLibrary(paths), freemem).probe();
  return found.available ? undefined : { reason: found.reason, remedy: found.remedy };
}

/** A path in the folder of this test, with a file of that content where one is given. */
function at(name: string, content?: string): string {
  const path = join(folder, name);
  if (content !== undefined) writeFileSync(path, content);
  return path;
}

/** Compiles a library from C; `more` are arguments of the linker. */
function compiled(name: string, source: string, ...more: string[]): string {
  const [path, code] = [at(name), at(`${name}.c`, source)];
  const { status, stderr } = spawnSync('gcc', ['-shared', '-fPIC', '-o', path, code, ...more], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return path;
}

const missing = whyNoDouble();

describe.skipIf(missing !== undefined)(
  `a CUDA driver library that cannot be used${missing ? `: skipped, ${missing}` : ''}`,
  () => {
    it('may not be there', async () => {
      expect(await saidOf(at('none.so'))).toEqual({
        reason: `no CUDA driver library: looked for ${at('none.so')}`,
        remedy:
          'install the NVIDIA driver, or name its library in PINBENCH_CUDA_LIBRARY; start a container with the GPU (docker run --gpus all)',
      });
      expect(await saidOf()).toMatchObject({ reason: 'this system has no CUDA' });
    });

    it('may be a link to nothing', async () => {
      symlinkSync('libcuda.so.550.54', at('dangling.so'));
      expect(await saidOf('libnot-there.so.1', at('dangling.so'))).toEqual({
        reason: `the CUDA driver library ${at('dangling.so')} is a link to a file that is not there`,
        remedy: expect.stringMatching(/^install the NVIDIA driver again/),
      });
    });

    it('may be an empty file', async () => {
      expect(await saidOf(at('empty.so', ''))).toMatchObject({
        reason: `the CUDA driver library ${at('empty.so')} is an empty file`,
      });
    });

    it('may be no library', async () => {
      for (const content of ['short', 'a page that says where the driver can be had\n'.repeat(9)]) {
        expect(await saidOf(at('text.so', content))).toMatchObject({
          reason: `the CUDA driver library ${at('text.so')} is no library for this system`,
        });
      }
    });

    it('may need another library that is not there', async () => {
      const needed = 'libnvidia-fatbinaryloader.so.418.226';
      const other = compiled('libother.so', 'int other(void) { return 0; }', `-Wl,-soname,${needed}`);
      const path = compiled('needs.so', 'int other(void); int cuInit(int f) { return other(); }', other);
      expect(await saidOf(path)).toEqual({
        reason: `the CUDA driver library ${path} needs ${needed}, which is not there`,
        remedy: `install all of the NVIDIA driver, or add the folder of ${needed} to LD_LIBRARY_PATH`,
      });
    });

    it('may be of a driver that is too old, and lacks functions, which are all named', async () => {
      const names = [...Object.keys(DECLARATIONS), 'cuGetErrorName', 'cuGetErrorString'];
      const lacking = ['cuDeviceGetUuid_v2', 'cuGraphInstantiateWithFlags'];
      const source = names
        .filter((name) => !lacking.includes(name))
        .map((name) => `int ${name}(void) { return 0; }`);
      const path = compiled('old.so', source.join('\n'));
      expect(await saidOf(path)).toEqual({
        reason: `the CUDA driver is too old: ${path} lacks cuDeviceGetUuid_v2, cuGraphInstantiateWithFlags`,
        remedy: 'update the NVIDIA driver to 470 or later',
      });
    });

    it('names only the first few of many functions that it lacks', async () => {
      const path = compiled('ancient.so', 'int cuInit(int f) { return f; }');
      const more = Object.keys(DECLARATIONS).length + 2 - 1 - 3;
      const said = await saidOf(path);
      expect(said!.reason).toMatch(/ lacks cu\w+, cu\w+, cu\w+ and \d+ more$/);
      expect(said!.reason).toMatch(new RegExp(` and ${more} more$`));
    });

    it('may be another library', async () => {
      expect(await saidOf(compiled('libother2.so', 'int other(void) { return 0; }'))).toEqual({
        reason: `${at('libother2.so')} is no CUDA driver: it lacks cuInit`,
        remedy: expect.stringMatching(/PINBENCH_CUDA_LIBRARY/),
      });
    });

    it('may have been cut short, which would end the process', async () => {
      const path = at('cut.so');
      writeFileSync(
        path,
        readFileSync(compiled('cut-from.so', 'int cuInit(int f) { return f; }')).subarray(0, 3000),
      );
      expect(await saidOf(at('none.so'), path)).toEqual({
        reason: `the CUDA driver library ${path} is damaged: the file ends before the library does`,
        remedy: expect.stringMatching(/^install the NVIDIA driver again/),
      });
    });

    it('may be for another machine', async () => {
      const bytes = readFileSync(compiled('native.so', 'int cuInit(int f) { return f; }'));
      bytes.writeUInt16LE(8, 18);
      writeFileSync(at('foreign.so'), bytes);
      expect(await saidOf(at('foreign.so'))).toMatchObject({
        reason: `the CUDA driver library ${at('foreign.so')} is no library for this system`,
      });
    });

    it('is passed over where a later path has one that can be used', async () => {
      const names = [...Object.keys(DECLARATIONS), 'cuGetErrorName', 'cuGetErrorString'];
      const path = compiled('whole.so', names.map((name) => `int ${name}(void) { return 100; }`).join('\n'));
      expect(await saidOf(at('empty.so', ''), path)).toMatchObject({
        reason: 'the CUDA driver library is there but finds no device',
      });
    });
  },
);

describe('a status of the driver', () => {
  it.each([
    [46, /nvidia-smi -q -d COMPUTE.*gVisor/],
    [100, /CUDA_VISIBLE_DEVICES/],
    [209, /too old for pinbench.*5\.0/],
    [214, /nvidia-smi -q -d ECC/],
    [221, /NVIDIA_DRIVER_CAPABILITIES=compute,utility.*on Jetson install nvidia-l4t-cuda/],
    [803, /\/usr\/local\/cuda\/compat out of LD_LIBRARY_PATH.*NVIDIA_DRIVER_CAPABILITIES=compute,utility/],
    [804, /\/usr\/local\/cuda\/compat out of LD_LIBRARY_PATH, or update/],
    [805, /nvidia-cuda-mps-control/],
  ] as const)('%i has a remedy', async (status, remedy) => {
    const library = new MemoryLibrary({ fail: { cuInit: [1, status] } });
    expect(await new CudaEngine(async () => library, freemem).probe()).toMatchObject({
      ...{ available: false, remedy: expect.stringMatching(remedy) },
    });
  });
});
