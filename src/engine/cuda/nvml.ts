import { COMPUTE_MODES, type ComputeMode } from '../../words.js';
import type { Condition, Link } from '../engine.js';
import { faultBeforeLoading } from './loader-path.js';

/** The NVML functions that pinbench calls. Any of them may be missing or return "not supported". */
const DECLARATIONS = {
  nvmlInit_v2: '',
  nvmlShutdown: '',
  nvmlSystemGetDriverVersion: 'void *, uint32_t',
  nvmlDeviceGetHandleByPciBusId_v2: 'const char *, void *',
  nvmlDeviceGetCurrPcieLinkGeneration: 'uintptr_t, void *',
  nvmlDeviceGetCurrPcieLinkWidth: 'uintptr_t, void *',
  nvmlDeviceGetMaxPcieLinkGeneration: 'uintptr_t, void *',
  nvmlDeviceGetMaxPcieLinkWidth: 'uintptr_t, void *',
  nvmlDeviceGetClockInfo: 'uintptr_t, int, void *',
  nvmlDeviceGetPowerUsage: 'uintptr_t, void *',
  nvmlDeviceGetTemperature: 'uintptr_t, int, void *',
  // The same function: its name since driver 535, and its earlier name.
  nvmlDeviceGetCurrentClocksEventReasons: 'uintptr_t, void *',
  nvmlDeviceGetCurrentClocksThrottleReasons: 'uintptr_t, void *',
  nvmlDeviceGetMigMode: 'uintptr_t, void *, void *',
  nvmlDeviceGetEccMode: 'uintptr_t, void *, void *',
  nvmlDeviceGetPersistenceMode: 'uintptr_t, void *',
  nvmlDeviceGetDisplayActive: 'uintptr_t, void *',
  nvmlDeviceGetDisplayMode: 'uintptr_t, void *',
  nvmlDeviceGetComputeMode: 'uintptr_t, void *',
  // Used only to count the processes: the size of its entries differs between drivers.
  nvmlDeviceGetComputeRunningProcesses_v3: 'uintptr_t, void *, uintptr_t',
} as const;

type NvmlName = keyof typeof DECLARATIONS;
type NvmlArgument = number | string | ArrayBufferView;

/** The raw functions of NVML; those the library lacks are absent. Each returns a status, 0 for success. */
export type NvmlCalls = { readonly [name in NvmlName]?: (...args: NvmlArgument[]) => number };

/** The paths at which the NVIDIA driver installs NVML, in the order they are tried. */
export function nvmlPaths(platform: string, override: string | undefined): string[] {
  if (override !== undefined && override !== '') return [override];
  if (platform === 'win32') return ['nvml.dll'];
  if (platform !== 'linux') return [];
  return [
    'libnvidia-ml.so.1',
    '/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1',
    '/usr/lib/aarch64-linux-gnu/libnvidia-ml.so.1',
    '/usr/lib64/libnvidia-ml.so.1',
    '/usr/lib/wsl/lib/libnvidia-ml.so.1',
    '/run/opengl-driver/lib/libnvidia-ml.so.1',
  ];
}

/** Thrown when NVML's file exists but is truncated. */
export class NvmlDamaged extends Error {
  override readonly name = 'NvmlDamaged';
  readonly file: string;

  constructor(file: string) {
    super(`${file} is damaged`);
    this.file = file;
  }
}

/**
 * Loads the first usable NVML through koffi; `undefined` if there is none, as on Jetson. Throws `NvmlDamaged` if every NVML found
 * is damaged.
 */
export async function loadNvml(
  paths: readonly string[],
  libraryPath?: string,
): Promise<NvmlCalls | undefined> {
  const { default: koffi } = await import('koffi');
  let damaged: string | undefined;
  for (const path of paths) {
    const faulty = faultBeforeLoading(path, libraryPath);
    if (faulty?.fault === 'damaged') damaged ??= faulty.file;
    if (faulty !== undefined) continue;
    try {
      const library = koffi.load(path);
      const calls: Partial<Record<NvmlName, (...args: NvmlArgument[]) => number>> = {};
      for (const [name, parameters] of Object.entries(DECLARATIONS) as [NvmlName, string][]) {
        try {
          calls[name] = library.func(`int ${name}(${parameters})`);
        } catch {
          // An older driver lacks this function: its value is absent.
        }
      }
      return calls;
    } catch {
      // Not found or not loadable: try the next path.
    }
  }
  if (damaged !== undefined) throw new NvmlDamaged(damaged);
  return undefined;
}

const SUCCESS = 0;
/** NVML_ERROR_INSUFFICIENT_SIZE. */
const INSUFFICIENT_SIZE = 7;

/** NVML_CLOCK_SM, NVML_CLOCK_MEM and NVML_TEMPERATURE_GPU. */
const SM_CLOCK = 1;
const MEMORY_CLOCK = 2;
const GPU_TEMPERATURE = 0;

/** The nvmlClocksEventReasons that slow the device down. Idling and clocks set by the user do not count. */
const SLOWED: readonly (readonly [bit: number, reason: string])[] = [
  [0x04, 'power cap'],
  [0x08, 'hardware slowdown'],
  [0x20, 'software thermal slowdown'],
  [0x40, 'hardware thermal slowdown'],
  [0x80, 'power brake'],
];

/** What NVML reports about one device; a value that it does not support there is absent. */
export class NvmlDevice {
  readonly #calls: NvmlCalls;
  readonly #handle: number;
  #open = true;

  private constructor(calls: NvmlCalls, handle: number) {
    this.#calls = calls;
    this.#handle = handle;
  }

  /** The device at a PCI address. NVML's device numbers differ from CUDA's and ignore CUDA_VISIBLE_DEVICES. */
  static at(calls: NvmlCalls, pciBusId: string): NvmlDevice | undefined {
    if (calls.nvmlInit_v2?.() !== 0) return undefined;
    const box = new BigUint64Array(1);
    if (calls.nvmlDeviceGetHandleByPciBusId_v2?.(pciBusId, box) === 0) {
      return new NvmlDevice(calls, Number(box[0]));
    }
    calls.nvmlShutdown?.();
    return undefined;
  }

  /** Version of the driver, for example `570.86.15`. */
  get driver(): string | undefined {
    const bytes = Buffer.alloc(96);
    if (this.#calls.nvmlSystemGetDriverVersion?.(bytes, bytes.length) !== 0) return undefined;
    return bytes.toString('utf8', 0, bytes.indexOf(0));
  }

  get mig(): boolean | undefined {
    return this.#isOn('nvmlDeviceGetMigMode', new Uint32Array(1));
  }

  get ecc(): boolean | undefined {
    return this.#isOn('nvmlDeviceGetEccMode', new Uint32Array(1));
  }

  get persistence(): boolean | undefined {
    return this.#isOn('nvmlDeviceGetPersistenceMode');
  }

  /** Whether it drives a display: an X server is active on it, with or without a screen, or a screen is connected. */
  get display(): boolean | undefined {
    const [active, connected] = [
      this.#isOn('nvmlDeviceGetDisplayActive'),
      this.#isOn('nvmlDeviceGetDisplayMode'),
    ];
    return active === undefined ? connected : active || connected === true;
  }

  /** Which processes may use the device. `COMPUTE_MODES` has the order of nvmlComputeMode_t. */
  get computeMode(): ComputeMode | undefined {
    const mode = this.#ask('nvmlDeviceGetComputeMode');
    return mode === undefined ? undefined : COMPUTE_MODES[mode];
  }

  /** Number of processes that compute on the device. Given room for no entries, NVML returns only their number. */
  get processes(): number | undefined {
    const count = new Uint32Array(1);
    const status = this.#calls.nvmlDeviceGetComputeRunningProcesses_v3?.(this.#handle, count, 0);
    return status === SUCCESS || status === INSUFFICIENT_SIZE ? count[0] : undefined;
  }

  /** The current state of the PCIe link. On an idle device it runs at a low generation. */
  link(): Link | undefined {
    const [generation, width] = [
      this.#ask('nvmlDeviceGetCurrPcieLinkGeneration'),
      this.#ask('nvmlDeviceGetCurrPcieLinkWidth'),
    ];
    const [maxGeneration, maxWidth] = [
      this.#ask('nvmlDeviceGetMaxPcieLinkGeneration'),
      this.#ask('nvmlDeviceGetMaxPcieLinkWidth'),
    ];
    if (!generation || !width || !maxGeneration || !maxWidth) return undefined;
    return { generation, width, maxGeneration, maxWidth };
  }

  condition(): Condition {
    const [smMHz, memoryMHz] = [
      this.#ask('nvmlDeviceGetClockInfo', SM_CLOCK),
      this.#ask('nvmlDeviceGetClockInfo', MEMORY_CLOCK),
    ];
    const milliwatts = this.#ask('nvmlDeviceGetPowerUsage');
    const celsius = this.#ask('nvmlDeviceGetTemperature', GPU_TEMPERATURE);
    const reasons = this.#reasons();
    return {
      ...(smMHz !== undefined && { smMHz }),
      ...(memoryMHz !== undefined && { memoryMHz }),
      ...(milliwatts !== undefined && { watts: milliwatts / 1000 }),
      ...(celsius !== undefined && { celsius }),
      ...(reasons !== undefined && {
        throttled: SLOWED.filter(([bit]) => (reasons & bit) !== 0).map(([, reason]) => reason),
      }),
    };
  }

  /** Shuts NVML down once: NVML counts its initializations. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#calls.nvmlShutdown?.();
  }

  #reasons(): number | undefined {
    const box = new BigUint64Array(1);
    const ask =
      this.#calls.nvmlDeviceGetCurrentClocksEventReasons ??
      this.#calls.nvmlDeviceGetCurrentClocksThrottleReasons;
    return ask?.(this.#handle, box) === 0 ? Number(box[0]) : undefined;
  }

  /** Calls a function whose last parameter is the output for a 32-bit number, and returns that. */
  #ask(name: NvmlName, ...args: NvmlArgument[]): number | undefined {
    const box = new Uint32Array(1);
    return this.#calls[name]?.(this.#handle, ...args, box) === 0 ? box[0] : undefined;
  }

  /** Reads a mode, 0 or 1. Some functions also output the mode that applies after the next reset. */
  #isOn(name: NvmlName, ...pending: Uint32Array[]): boolean | undefined {
    const box = new Uint32Array(1);
    return this.#calls[name]?.(this.#handle, box, ...pending) === 0 ? box[0] === 1 : undefined;
  }
}
