import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deviceWarnings } from '../../record/warnings.js';
import { renderEngines } from '../../report/engines.js';
import type { DeviceInfo } from '../engine.js';
import { CudaEngine } from './engine.js';
import type { Machine } from './machine.js';
import { loadNvml } from './nvml.js';
import { MemoryLibrary, type MemoryOptions } from './testing/memory-library.js';
import { type NvmlAnswers, nvmlSaying } from './testing/nvml.js';

const NOTHING_SAID: Machine = {
  numaNodeOf: () => undefined,
  processNodes: () => undefined,
  hasMps: () => false,
};

/** An engine with one device, described by the driver, by NVML (`undefined`: not installed) and by the machine. */
function engineOf(
  answers: NvmlAnswers | undefined,
  machine: Partial<Machine> = {},
  options: MemoryOptions = {},
): CudaEngine {
  return new CudaEngine(
    async () => new MemoryLibrary(options),
    freemem,
    async () => answers && nvmlSaying(answers),
    { ...NOTHING_SAID, ...machine },
  );
}

async function infoOf(...of: Parameters<typeof engineOf>): Promise<DeviceInfo> {
  await using device = await engineOf(...of).open(0);
  return device.info;
}

/** The warnings of a run on the device, without their `engine` and `device` fields. */
async function warnedOf(...of: Parameters<typeof engineOf>) {
  const info = await infoOf(...of);
  const warnings = deviceWarnings({ engine: 'cuda', clocksCopies: true, ...info });
  const named = ([key]: [string, unknown]) => key !== 'engine' && key !== 'device';
  return warnings.map((warning) => Object.fromEntries(Object.entries(warning).filter(named)));
}

/** NVML's answers for a device that causes no warning. */
const QUIET: NvmlAnswers = {
  ...{ mig: 0, persistence: 1, displayActive: 0, displayMode: 0, computeMode: 0, processes: 0 },
};

/** The first 64 bytes of an ELF library for this machine: its segments lie beyond the end of the file. */
function damagedLibrary(): Buffer {
  const header = Buffer.alloc(64);
  header.write('\x7fELF\x02\x01\x01', 'latin1');
  header.writeUInt16LE(3, 16);
  header.writeUInt16LE(process.arch === 'arm64' ? 183 : 62, 18);
  header.writeBigUInt64LE(64n, 32);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(4, 56);
  return header;
}

describe('the warnings about a CUDA device', () => {
  it('are absent if nothing affects the device, or if NVML does not support the queries', async () => {
    expect(await warnedOf(QUIET)).toEqual([]);
    expect(await warnedOf({})).toEqual([]);
    const { processes, display, computeMode, persistence, mig } = await infoOf({});
    expect([processes, display, computeMode, persistence, mig]).toEqual(Array(5).fill(undefined));
  });

  it.each([
    ['other processes', { processes: 2 }, { code: 'other-processes', processes: 2 }],
    ['a display', { displayActive: 1 }, { code: 'display' }],
    ['a display that sleeps', { displayMode: 1 }, { code: 'display' }],
    ['an exclusive mode', { computeMode: 3 }, { code: 'compute-mode', computeMode: 'exclusive-process' }],
    ['a mode that forbids', { computeMode: 2 }, { code: 'compute-mode', computeMode: 'prohibited' }],
    ['no persistence', { persistence: 0 }, { code: 'persistence-off' }],
    ['a part of a GPU', { mig: 1 }, { code: 'mig' }],
  ] as const)('mention %s', async (_, answers, warning) => {
    expect(await warnedOf({ ...QUIET, ...answers })).toEqual([warning]);
  });

  it('mention MPS if it may be running', async () => {
    expect(await warnedOf(QUIET, { hasMps: () => true })).toEqual([{ code: 'mps' }]);
  });

  it('mention the NUMA node if the process may run on another one, and not if it is bound or there is only one', async () => {
    const at = (node: number | undefined, processNodes: number[] | undefined) =>
      warnedOf(QUIET, { numaNodeOf: () => node, processNodes: () => processNodes });
    expect(await at(1, [0])).toEqual([{ code: 'numa-node', node: 1, processNodes: [0] }]);
    expect(await at(1, [0, 1])).toEqual([{ code: 'numa-node', node: 1, processNodes: [0, 1] }]);
    expect(await at(1, [1])).toEqual([]);
    expect(await at(0, [0])).toEqual([]);
    expect(await at(undefined, [0, 1])).toEqual([]);
    expect(await at(1, undefined)).toEqual([]);
  });

  it('say once, in a run and in the list of engines, that NVML is missing', async () => {
    expect(await warnedOf(undefined)).toEqual([{ code: 'not-monitored' }]);
    const listed = async (answers: NvmlAnswers | undefined) => {
      const availability = await engineOf(answers, {}, { devices: 2 }).probe();
      return renderEngines([{ name: 'cuda', availability }], false);
    };
    expect((await listed(undefined)).match(/NVML/g)).toHaveLength(1);
    expect(await listed(undefined)).toMatch(/^cuda {2}note: clocks, throttling and the link cannot be read/m);
    expect(await listed(QUIET)).not.toContain('NVML');
  });

  it.skipIf(process.platform !== 'linux')(
    'say that NVML is damaged, which does not kill the process',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'pinbench-nvml-'));
      const file = join(folder, 'libnvidia-ml.so.1');
      try {
        writeFileSync(file, damagedLibrary());
        const load = (...paths: string[]) => loadNvml([join(folder, 'none.so'), ...paths]);
        expect(await load()).toBeUndefined();
        const engine = new CudaEngine(
          async () => new MemoryLibrary(),
          freemem,
          () => load(file),
        );
        await using device = await engine.open(0);
        const warnings = deviceWarnings({ engine: 'cuda', clocksCopies: true, ...device.info });
        expect(warnings).toMatchObject([{ code: 'not-monitored', damaged: file }]);
        const availability = await engine.probe();
        const said = `because NVML is damaged: the file ${file} is truncated; reinstall the NVIDIA driver`;
        expect(renderEngines([{ name: 'cuda', availability }], false)).toContain(said);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );

  it('treat a device as part of a GPU by NVML or by its name, and then its UUID starts with MIG-', async () => {
    const of = async (answers: NvmlAnswers | undefined, name: string) => {
      const { mig, uuid } = await infoOf(answers, {}, { name });
      return [mig, uuid!.slice(0, 12)];
    };
    expect(await of({ mig: 1 }, 'NVIDIA H100')).toEqual([true, 'MIG-1e1e1e1e']);
    expect(await of(undefined, 'NVIDIA A100-SXM4-40GB MIG 1g.5gb')).toEqual([true, 'MIG-1e1e1e1e']);
    expect(await of({ mig: 0 }, 'NVIDIA H100')).toEqual([false, 'GPU-1e1e1e1e']);
    expect(await of(undefined, 'NVIDIA H100')).toEqual([undefined, 'GPU-1e1e1e1e']);
  });

  it('mention shared memory on an integrated device, and not on a device with a coherent link', async () => {
    const integrated = { attributes: { 18: 1 } };
    expect(await infoOf(QUIET, {}, integrated)).toMatchObject({ integrated: true });
    expect(await warnedOf(QUIET, {}, integrated)).toEqual([{ code: 'shared-memory' }]);
    const hopper = { attributes: { 100: 1 } };
    expect(await infoOf(QUIET, {}, hopper)).toMatchObject({ integrated: false, coherentLink: true });
    expect(await warnedOf(QUIET, {}, hopper)).toEqual([]);
    expect(await infoOf(QUIET)).not.toHaveProperty('coherentLink');
  });
});
