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

/** The reason and the remedy the engine reports when its library is looked for at these paths. */
async function saidOf(...paths: string[]) {
  const found = await new CudaEngine(() => loadLibrary(paths), freemem).probe();
  return found.available ? undefined : { reason: found.reason, remedy: found.remedy };
}

/** A path in this test's folder; if content is given, a file with it is written there. */
function at(name: string, content?: string): string {
  const path = join(folder, name);
  if (content !== undefined) writeFileSync(path, content);
  return path;
}

/** Compiles a library from C; `more` are linker arguments. */
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
  `the reason why a CUDA driver library cannot be used${missing ? `: skipped, ${missing}` : ''}`,
  () => {
    it('lists the paths if no library exists', async () => {
      expect(await saidOf(at('none.so'))).toEqual({
        reason: `no CUDA driver library: looked for ${at('none.so')}`,
        remedy:
          'install the NVIDIA driver, or set PINBENCH_CUDA_LIBRARY to the path of its library; a container must be started with the GPU (docker run --gpus all)',
      });
      expect(await saidOf()).toMatchObject({ reason: 'this operating system has no CUDA driver' });
    });

    it('names a symbolic link to a missing file', async () => {
      symlinkSync('libcuda.so.550.54', at('dangling.so'));
      expect(await saidOf('libnot-there.so.1', at('dangling.so'))).toEqual({
        reason: `the CUDA driver library ${at('dangling.so')} is a symbolic link to a missing file`,
        remedy: expect.stringMatching(/^reinstall the NVIDIA driver/),
      });
    });

    it('names an empty file', async () => {
      expect(await saidOf(at('empty.so', ''))).toMatchObject({
        reason: `the CUDA driver library ${at('empty.so')} is an empty file`,
      });
    });

    it('names a file that is not a library', async () => {
      for (const content of ['short', 'a page that says where the driver can be had\n'.repeat(9)]) {
        expect(await saidOf(at('text.so', content))).toMatchObject({
          reason: `the CUDA driver library ${at('text.so')} is not a library for this system`,
        });
      }
    });

    it('names a missing library that the driver library needs', async () => {
      const needed = 'libnvidia-fatbinaryloader.so.418.226';
      const other = compiled('libother.so', 'int other(void) { return 0; }', `-Wl,-soname,${needed}`);
      const path = compiled('needs.so', 'int other(void); int cuInit(int f) { return other(); }', other);
      expect(await saidOf(path)).toEqual({
        reason: `the CUDA driver library ${path} needs ${needed}, which was not found`,
        remedy: `install the complete NVIDIA driver, or add the folder that contains ${needed} to LD_LIBRARY_PATH`,
      });
    });

    it('names the functions that a driver lacks because it is too old', async () => {
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

    it('names only the first three of many missing functions', async () => {
      const path = compiled('ancient.so', 'int cuInit(int f) { return f; }');
      const more = Object.keys(DECLARATIONS).length + 2 - 1 - 3;
      const said = await saidOf(path);
      expect(said!.reason).toMatch(/ lacks cu\w+, cu\w+, cu\w+ and \d+ more$/);
      expect(said!.reason).toMatch(new RegExp(` and ${more} more$`));
    });

    it('names a library that is not a CUDA driver', async () => {
      expect(await saidOf(compiled('libother2.so', 'int other(void) { return 0; }'))).toEqual({
        reason: `${at('libother2.so')} is not a CUDA driver: it lacks cuInit`,
        remedy: expect.stringMatching(/PINBENCH_CUDA_LIBRARY/),
      });
    });

    it('names a truncated library, which would kill the process if it were loaded', async () => {
      const path = at('cut.so');
      writeFileSync(
        path,
        readFileSync(compiled('cut-from.so', 'int cuInit(int f) { return f; }')).subarray(0, 3000),
      );
      expect(await saidOf(at('none.so'), path)).toEqual({
        reason: `the CUDA driver library ${path} is damaged: the file is truncated`,
        remedy: expect.stringMatching(/^reinstall the NVIDIA driver/),
      });
    });

    it('names a library for another architecture', async () => {
      const bytes = readFileSync(compiled('native.so', 'int cuInit(int f) { return f; }'));
      bytes.writeUInt16LE(8, 18);
      writeFileSync(at('foreign.so'), bytes);
      expect(await saidOf(at('foreign.so'))).toMatchObject({
        reason: `the CUDA driver library ${at('foreign.so')} is not a library for this system`,
      });
    });

    it('is not reported if a later path has a library that can be used', async () => {
      const names = [...Object.keys(DECLARATIONS), 'cuGetErrorName', 'cuGetErrorString'];
      const path = compiled('whole.so', names.map((name) => `int ${name}(void) { return 100; }`).join('\n'));
      expect(await saidOf(at('empty.so', ''), path)).toMatchObject({
        reason: 'the CUDA driver library is installed but finds no device',
      });
    });
  },
);

describe('an error status of the driver', () => {
  it.each([
    [46, /nvidia-smi -q -d COMPUTE.*gVisor/],
    [100, /CUDA_VISIBLE_DEVICES/],
    [209, /too old for pinbench.*5\.0/],
    [214, /nvidia-smi -q -d ECC/],
    [221, /NVIDIA_DRIVER_CAPABILITIES=compute,utility.*on Jetson install nvidia-l4t-cuda/],
    [803, /\/usr\/local\/cuda\/compat from LD_LIBRARY_PATH.*NVIDIA_DRIVER_CAPABILITIES=compute,utility/],
    [804, /\/usr\/local\/cuda\/compat from LD_LIBRARY_PATH, or update/],
    [805, /nvidia-cuda-mps-control/],
  ] as const)('comes with a remedy: %i', async (status, remedy) => {
    const library = new MemoryLibrary({ fail: { cuInit: [1, status] } });
    expect(await new CudaEngine(async () => library, freemem).probe()).toMatchObject({
      ...{ available: false, remedy: expect.stringMatching(remedy) },
    });
  });
});
