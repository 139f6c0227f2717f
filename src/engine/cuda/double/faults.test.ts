import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { Warning } from '../../../record/schema.js';
import { warningSentences } from '../../../report/warnings.js';
import { buildDouble } from '../testing/double.js';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'pinbench-faults-'));
const missing = buildDouble(folder);
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the built command line on the software driver; `report` is what the driver recorded. */
function run(settings: Record<string, string>, ...more: string[]) {
  const report = join(folder, 'report.json');
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    PINBENCH_CUDA_LIBRARY: join(folder, 'libcuda.so.1'),
    PINBENCH_NVML_LIBRARY: join(folder, 'libnvidia-ml.so.1'),
  };
  for (const [name, value] of Object.entries({ REPORT: report, ...settings })) {
    env[`PINBENCH_DOUBLE_${name}`] = value;
  }
  const args = [
    'run',
    'fixtures/data.npy',
    '--engine',
    'cuda',
    '-b',
    '2',
    '-e',
    '2',
    '--warmup',
    '0',
    ...more,
  ];
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/pinbench.js', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    env,
  });
  return { status, stdout, stderr, report: JSON.parse(readFileSync(report, 'utf8')) as Report };
}

interface Report {
  readonly live: Readonly<Record<string, number>>;
  readonly lost: number;
}

const nothingLives = (live: Report['live']) => Object.values(live).every((count) => count === 0);

/** A fault, the strategy in which it occurs, and the message. */
const REFUSED: readonly [fault: string, strategy: string, said: RegExp][] = [
  ['cuInit:1=100', 'feed', /the CUDA driver library is installed but finds no device.*CUDA_VISIBLE_DEVICES/],
  ['cuInit:1=802', 'feed', /cuInit: CUDA_ERROR_SYSTEM_NOT_READY \(802.*fabric manager/],
  ['cuInit:1=803', 'feed', /cuInit: CUDA_ERROR_SYSTEM_DRIVER_MISMATCH \(803.*reboot/],
  ['cuInit:1=999', 'feed', /cuInit: CUDA_ERROR_UNKNOWN \(999.*nvidia-smi/],
  ['cuInit:1=34', 'feed', /cuInit: CUDA_ERROR_STUB_LIBRARY.*install the NVIDIA driver/],
  [
    'cuDeviceGetCount:1=3',
    'feed',
    /cuDeviceGetCount: CUDA_ERROR_NOT_INITIALIZED \(3, initialization error\)/,
  ],
  ['cuDeviceGetName:1=101', 'feed', /cuDeviceGetName: CUDA_ERROR_INVALID_DEVICE/],
  ['cuDevicePrimaryCtxRetain:1=2', 'feed', /cuDevicePrimaryCtxRetain: CUDA_ERROR_OUT_OF_MEMORY.*free memory/],
  ['cuCtxSetCurrent:1=201', 'feed', /cuCtxSetCurrent: CUDA_ERROR_INVALID_CONTEXT/],
  ['cuStreamCreate:1=2', 'feed', /cuStreamCreate: CUDA_ERROR_OUT_OF_MEMORY/],
  [
    'cuModuleLoadDataEx:1=218',
    'feed',
    /cuModuleLoadDataEx: CUDA_ERROR_INVALID_PTX.*update the NVIDIA driver/,
  ],
  ['cuModuleLoadDataEx:1=221', 'feed', /JIT_COMPILER_NOT_FOUND.*NVIDIA_DRIVER_CAPABILITIES=compute,utility/],
  ['cuModuleLoadDataEx:1=222', 'feed', /UNSUPPORTED_PTX_VERSION.*does not know this PTX version/],
  ['cuModuleLoadDataEx:1=223', 'feed', /cuModuleLoadDataEx: status 223.*unset CUDA_DISABLE_PTX_JIT/],
  ['cuModuleGetFunction:1=500', 'feed', /cuModuleGetFunction: CUDA_ERROR_NOT_FOUND/],
  ['cuOccupancyMaxActiveBlocksPerMultiprocessor:1=1', 'feed', /Multiprocessor: CUDA_ERROR_INVALID_VALUE/],
  ['cuMemGetInfo_v2:1=201', 'pin', /cuMemGetInfo_v2: CUDA_ERROR_INVALID_CONTEXT/],
  ['cuMemHostGetDevicePointer_v2:1=1', 'feed', /cuMemHostGetDevicePointer_v2: CUDA_ERROR_INVALID_VALUE/],
  ['cuMemsetD8Async:1=1', 'feed', /cuMemsetD8Async: CUDA_ERROR_INVALID_VALUE/],
  ['cuMemcpyHtoDAsync_v2:2=1', 'feed', /cuMemcpyHtoDAsync_v2: CUDA_ERROR_INVALID_VALUE/],
  ['cuLaunchKernel:2=701', 'pin', /cuLaunchKernel: CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES/],
  ['cuEventCreate:2=2', 'feed-ahead', /cuEventCreate: CUDA_ERROR_OUT_OF_MEMORY/],
  ['cuEventRecord:3=400', 'feed-ahead', /cuEventRecord: CUDA_ERROR_INVALID_HANDLE/],
  ['cuStreamWaitEvent:2=400', 'feed-ahead', /cuStreamWaitEvent: CUDA_ERROR_INVALID_HANDLE/],
  ['cuEventCreate:3=2', 'feed-chunk', /cuEventCreate: CUDA_ERROR_OUT_OF_MEMORY/],
  ['cuEventRecord:3=400', 'feed-chunk', /cuEventRecord: CUDA_ERROR_INVALID_HANDLE/],
  ['cuEventSynchronize:1=400', 'feed-chunk', /cuEventSynchronize: CUDA_ERROR_INVALID_HANDLE/],
  ['cuMemcpyHtoDAsync_v2:2=1', 'feed-chunk', /cuMemcpyHtoDAsync_v2: CUDA_ERROR_INVALID_VALUE/],
  [
    'cuStreamBeginCapture_v2:1=900',
    'pin-replay',
    /cuStreamBeginCapture_v2: CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED/,
  ],
  ['cuLaunchKernel:3=701', 'pin-replay', /cuLaunchKernel: CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES/],
  ['cuStreamEndCapture:1=901', 'pin-replay', /cuStreamEndCapture: CUDA_ERROR_STREAM_CAPTURE_INVALIDATED/],
  ['cuGraphInstantiateWithFlags:1=2', 'pin-replay', /cuGraphInstantiateWithFlags: CUDA_ERROR_OUT_OF_MEMORY/],
  ['cuGraphLaunch:2=1', 'pin-replay', /cuGraphLaunch: CUDA_ERROR_INVALID_VALUE/],
];

/** Faults after which the context is lost: nothing can be released any more. */
const LOST: readonly [fault: string, strategy: string, said: RegExp][] = [
  ['exec:3=700', 'pin', /cuStreamSynchronize: CUDA_ERROR_ILLEGAL_ADDRESS \(700.*lost to this process/],
  ['exec:2=716', 'feed', /cuStreamSynchronize: CUDA_ERROR_MISALIGNED_ADDRESS/],
  [
    'exec:5=719',
    'zero-copy',
    /cuStreamSynchronize: CUDA_ERROR_LAUNCH_FAILED \(719, unspecified launch failure\)/,
  ],
  ['cuStreamSynchronize:4=702', 'pin', /cuStreamSynchronize: CUDA_ERROR_LAUNCH_TIMEOUT/],
];

/** Failed allocations: the strategy is skipped and the others are measured. */
const SKIPPED: readonly [fault: string, strategy: string, said: RegExp][] = [
  [
    'cuMemAlloc_v2:1=2',
    'feed,pin',
    /a mini-batch\s+needs\s+24\s+B\s+of\s+device\s+memory,\s+but\s+the\s+driver\s+refused\s+to\s+allocate\s+it\s+with\s+1\.00\s+GiB\s+free/,
  ],
  [
    'cuMemHostAlloc:1=2',
    'feed,pin',
    /the\s+scalars\s+need\s+8\s+B\s+of\s+page-locked\s+memory,\s+but\s+the\s+driver\s+refused\s+to\s+allocate\s+it\s+with\s+[\d.]+\s+[KMG]iB\s+available\s+on\s+the\s+host/,
  ],
];

describe.skipIf(missing !== undefined)(
  `a fault of the driver${missing ? `: skipped, ${missing}` : ''}`,
  () => {
    it.each(REFUSED)(
      'such as %s in %s prints one line, exits 4 and leaks nothing',
      (fault, strategy, said) => {
        const { status, stdout, stderr, report } = run({ FAIL: fault }, '-s', strategy);
        expect(stderr).toMatch(said);
        expect([status, stdout, stderr.trimEnd().split('\n').length]).toEqual([4, '', 1]);
        expect(report.live).toSatisfy(nothingLives);
      },
    );

    it.each(LOST)(
      'such as %s in %s prints one line, exits 4 and makes no further driver call',
      (fault, strategy, said) => {
        const { status, stdout, stderr, report } = run({ FAIL: fault }, '-s', strategy);
        expect(stderr).toMatch(said);
        expect([status, stdout, stderr.trimEnd().split('\n').length]).toEqual([4, '', 1]);
        expect(report.lost).toBe(Number(fault.split('=')[1]));
      },
    );

    it('after the rounds keeps the rows, which are printed, and exits 4', () => {
      const { status, stdout, stderr, report } = run({ FAIL: 'cuEventCreate:3=2' }, '-s', 'feed');
      expect(stderr).toMatch(/^pinbench: [^\n]*cuEventCreate: CUDA_ERROR_OUT_OF_MEMORY[^\n]*\n$/);
      expect(status).toBe(4);
      expect(stdout).toMatch(/^ +2 {2}feed +[\d.]+ [mµ]s /m);
      expect(report.live).toSatisfy(nothingLives);
    });

    it('in one engine keeps the rows of another engine', () => {
      const { status, stdout, stderr } = run(
        { FAIL: 'cuLaunchKernel:200=719' },
        '--engine',
        'cuda,cpu',
        '-e',
        '6',
        '--json',
        '-',
      );
      expect(stderr).toMatch(
        /^pinbench: [^\n]*engine cuda: cuLaunchKernel: CUDA_ERROR_LAUNCH_FAILED[^\n]*\n$/,
      );
      expect(status).toBe(4);
      const { complete, reason, results } = JSON.parse(stdout);
      expect([complete, reason]).toEqual([false, expect.stringContaining('cuLaunchKernel')]);
      const cpu = results.filter(({ engine }: { engine: string }) => engine === 'cpu');
      expect(cpu.map((result: { status: string }) => result.status)).toEqual(['measured', 'measured']);
    });

    it.each(SKIPPED)('such as %s in %s skips the strategy and states the reason', (fault, strategy, said) => {
      const { status, stdout, stderr, report } = run({ FAIL: fault }, '-s', strategy);
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(said);
      expect(report.live).toSatisfy(nothingLives);
    });
  },
);

describe.skipIf(missing !== undefined)('pinbench run --engine cuda', () => {
  it('prints seven verified rows with the planned bytes', () => {
    const { status, stdout, stderr, report } = run({}, '--strategy', 'all', '--json', '-');
    expect([status, stderr]).toEqual([0, '']);
    const { results } = JSON.parse(stdout) as { results: Record<string, unknown>[] };
    expect(
      results.map((r) => [r.strategy, r.verified, r.epochSum, r.h2dBytesPerStep, r.h2dBytesSetup]),
    ).toEqual([
      ['feed', true, 8555, 24, 0],
      ['pin', true, 8555, 0, 120],
      ['feed-locked', true, 8555, 24, 0],
      ['feed-ahead', true, 8555, 24, 0],
      ['feed-chunk', true, 8555, 24, 0],
      ['pin-replay', true, 8555, 4, 120],
      ['zero-copy', true, 8555, 24, 0],
    ]);
    expect(report.live).toSatisfy(nothingLives);
  });

  it('still runs feed if the dataset does not fit on the device, and states required and free memory', () => {
    const { status, stdout } = run({ MEMORY: '130' });
    expect(status).toBe(0);
    expect(stdout).toMatch(/the dataset, 120 B, does not fit in the \d+ B free on the device/);
  });

  it('accepts only the devices that the driver shows', () => {
    const { status, stderr } = run({ DEVICES: '2' }, '--device', '2');
    expect([status, stderr]).toEqual([
      4,
      expect.stringMatching(/--device 2: CUDA shows 2 devices; expected 0 to 1/),
    ]);
    expect(run({ DEVICES: '2' }, '--device', '1').status).toBe(0);
    expect(run({ DEVICES: '0' }).stderr).toMatch(/finds no device/);
  });
});

describe.skipIf(missing !== undefined)('information from NVML', () => {
  const recordOf = (settings: Record<string, string>) => {
    const { stdout } = run(settings, '--json', '-');
    return JSON.parse(stdout) as {
      environment: { devices: Record<string, unknown>[] };
      results: { conditions?: { before: object; after: object }[] }[];
      warnings: Warning[];
    };
  };

  it('is in the record: the device, its link during copies, its state before and after each round', () => {
    const { environment, results, warnings } = recordOf({});
    expect(environment.devices[0]).toMatchObject({
      ...{ driver: '999.01', mig: false, ecc: true, persistence: true },
      uuid: expect.stringMatching(/^GPU-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      link: { generation: 4, width: 16, maxGeneration: 4, maxWidth: 16 },
    });
    const state = { smMHz: 1500, memoryMHz: 2600, watts: 123.456, celsius: 45, throttled: [] };
    for (const { conditions } of results) {
      expect(conditions).toEqual(Array.from({ length: 2 }, () => ({ before: state, after: state })));
    }
    expect(warnings.map(({ code }) => code)).toEqual(['dataset-within-l2', 'few-rounds']);
  });

  it('leads to warnings about a degraded link, throttled rounds, MIG and shared memory', () => {
    const { warnings } = recordOf({ LINK: '3x8/4x16', THROTTLE: '68', MIG: '1', INTEGRATED: '1' });
    const said = warningSentences(warnings, []).join('\n');
    expect(said).toMatch(/the link ran at PCIe 3 ×8 during copies, but device and slot support PCIe 4 ×16/);
    expect(said).toMatch(
      /throttled \(power cap, hardware thermal slowdown\) in up to 2 of 2 rounds \(.*\); they are kept/,
    );
    expect(said).toMatch(/a partition of a GPU \(MIG\)/);
    expect(said).toMatch(/shares the host's memory/);
  });

  it('is left out of the record where NVML does not provide it', () => {
    const refused = recordOf({ NVML_REFUSES: 'nvmlDeviceGetCurrPcieLinkWidth,nvmlDeviceGetEccMode' });
    expect(refused.environment.devices[0]).not.toHaveProperty('link');
    expect(refused.environment.devices[0]).not.toHaveProperty('ecc');
    expect(refused.environment.devices[0]).toHaveProperty('driver');
    const none = recordOf({ NVML_REFUSES: 'nvmlInit_v2' });
    expect(none.environment.devices[0]).not.toHaveProperty('driver');
    expect(none.results[0]).not.toHaveProperty('conditions');
  });
});
