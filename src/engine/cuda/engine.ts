import { platform } from 'node:os';
import { PinbenchError } from '../../errors.js';
import type { Surroundings } from '../../surroundings.js';
import { counted } from '../../units.js';
import type { Availability, Device, DeviceInfo, Engine } from '../engine.js';
import { once } from '../once.js';
import { ATTRIBUTE, Context } from './context.js';
import { CudaDevice } from './device.js';
import { Driver } from './driver.js';
import { type Library, libraryPaths, loadLibrary } from './library.js';
import { type Machine, machineOf } from './machine.js';
import { loadNvml, type NvmlCalls, NvmlDamaged, NvmlDevice, nvmlPaths } from './nvml.js';
import { NoDevice, unavailable } from './unavailable.js';

/** The CUDA engine on the driver library that `load` returns, with device information from NVML if NVML is available. */
export class CudaEngine implements Engine {
  readonly name = 'cuda';
  readonly #load: () => Promise<Library>;
  readonly #hostFreeBytes: () => number;
  readonly #nvml: () => Promise<NvmlCalls | undefined>;
  readonly #machine: Machine;

  constructor(
    load: () => Promise<Library>,
    hostFreeBytes: () => number,
    nvml: () => Promise<NvmlCalls | undefined> = async () => undefined,
    machine: Machine = machineOf({}),
  ) {
    this.#load = load;
    this.#hostFreeBytes = hostFreeBytes;
    this.#nvml = nvml;
    this.#machine = machine;
  }

  async probe(): Promise<Availability> {
    try {
      const driver = await this.#driver();
      const monitor = await this.#monitor();
      const devices = Array.from({ length: driver.ask('cuDeviceGetCount') }, (_, ordinal) => {
        const known = deviceInfo(driver, ordinal, this.#machine);
        const nvml = monitor.at(known.pciBusId!);
        const info = withNvml(known, nvml, monitor.damaged);
        nvml?.close();
        return info;
      });
      if (devices.length > 0) return { available: true, devices };
      return unavailable(new NoDevice());
    } catch (error) {
      return unavailable(error);
    }
  }

  async open(ordinal: number): Promise<Device> {
    const driver = await this.#driver();
    const count = driver.ask('cuDeviceGetCount');
    if (ordinal >= count) {
      throw new PinbenchError('engine', {
        subject: `--device ${ordinal}`,
        observed: `CUDA shows ${counted(count, 'device')}`,
        expected: count > 1 ? `0 to ${count - 1}` : '0',
      });
    }
    const monitor = await this.#monitor();
    const known = deviceInfo(driver, ordinal, this.#machine);
    const nvml = monitor.at(known.pciBusId!);
    try {
      // NVML is queried before the context exists, so that this process is not counted among the others.
      const info = withNvml(known, nvml, monitor.damaged);
      return new CudaDevice(new Context(driver, driver.ask('cuDeviceGet', ordinal)), info, nvml);
    } catch (error) {
      nvml?.close();
      throw error;
    }
  }

  /** NVML as a source of device information. If NVML is missing or damaged, it finds no device. */
  async #monitor(): Promise<Monitor> {
    try {
      const calls = await this.#nvml();
      return { at: (pciBusId) => calls && NvmlDevice.at(calls, pciBusId) };
    } catch (error) {
      if (!(error instanceof NvmlDamaged)) throw error;
      return { at: () => undefined, damaged: error.file };
    }
  }

  async #driver(): Promise<Driver> {
    const driver = new Driver(await this.#load(), this.#hostFreeBytes);
    driver.do('cuInit', 0);
    return driver;
  }
}

/** A source of device information besides the driver. */
interface Monitor {
  at(pciBusId: string): NvmlDevice | undefined;
  /** The NVML library's file, if it exists and is damaged. */
  readonly damaged?: string;
}

/** What the driver and the host system report about a device. */
function deviceInfo(driver: Driver, ordinal: number, machine: Machine): DeviceInfo {
  const device = driver.ask('cuDeviceGet', ordinal);
  const attribute = (number: number) => driver.ask('cuDeviceGetAttribute', number, device);
  const version = driver.ask('cuDriverGetVersion');
  const l2Bytes = attribute(ATTRIBUTE.l2Bytes);
  const pciBusId = driver.text('cuDeviceGetPCIBusId', device);
  const name = driver.text('cuDeviceGetName', device);
  const numaNode = machine.numaNodeOf(pciBusId);
  const processNodes = numaNode === undefined ? undefined : machine.processNodes();
  return {
    name,
    gpu: true,
    runtime: `CUDA ${Math.floor(version / 1000)}.${Math.floor((version % 1000) / 10)}`,
    memoryBytes: driver.make('cuDeviceTotalMem_v2', device),
    computeCapability: `${attribute(ATTRIBUTE.computeMajor)}.${attribute(ATTRIBUTE.computeMinor)}`,
    multiprocessors: attribute(ATTRIBUTE.multiprocessors),
    ...(l2Bytes > 0 && { l2Bytes }),
    pciBusId,
    uuid: driver.uuid(device),
    ...(MIG_NAME.test(name) && { mig: true }),
    ...(numaNode !== undefined && { numaNode }),
    ...(processNodes !== undefined && { processNodes }),
    integrated: attribute(ATTRIBUTE.integrated) === 1,
    ...(attribute(ATTRIBUTE.usesHostPageTables) === 1 && { coherentLink: true }),
    ...(machine.hasMps() && { mps: true }),
  };
}

/** Merges what the driver and NVML report. The UUID starts with `MIG-` if the device is a part of a GPU, else with `GPU-`. */
function withNvml(known: DeviceInfo, nvml: NvmlDevice | undefined, damaged: string | undefined): DeviceInfo {
  const info = { ...known, ...nvmlInfo(nvml), ...(damaged !== undefined && { damagedMonitor: damaged }) };
  return { ...info, uuid: `${info.mig === true ? 'MIG' : 'GPU'}-${known.uuid}` };
}

/**
 * What only NVML reports. While MIG is enabled, CUDA shows only the parts of the GPU, so the GPU's MIG mode applies to the
 * device.
 */
function nvmlInfo(device: NvmlDevice | undefined): Partial<DeviceInfo> {
  if (device === undefined) return { monitored: false };
  const { driver, mig, ecc, persistence, processes, display, computeMode } = device;
  return {
    monitored: true,
    ...(driver !== undefined && { driver }),
    ...(mig !== undefined && { mig }),
    ...(ecc !== undefined && { ecc }),
    ...(persistence !== undefined && { persistence }),
    ...(processes !== undefined && { processes }),
    ...(display !== undefined && { display }),
    ...(computeMode !== undefined && { computeMode }),
  };
}

/** CUDA appends the size of a part to the GPU's name, for example `NVIDIA A100-SXM4-40GB MIG 1g.5gb`. */
const MIG_NAME = /\bMIG \d+[cg]\./;

/** The libraries loaded so far, keyed by the paths that were tried. */
const libraries = new Map<string, Promise<Library>>();
const nvmls = new Map<string, Promise<NvmlCalls | undefined>>();

/** The driver library of this machine, or the one that PINBENCH_CUDA_LIBRARY names. Each is loaded once. */
export function libraryIn(env: Surroundings['env']): Promise<Library> {
  const paths = libraryPaths(platform(), env.PINBENCH_CUDA_LIBRARY);
  return once(libraries, paths.join('\n'), () => loadLibrary(paths, env.LD_LIBRARY_PATH));
}

/** The CUDA engine on the driver and NVML of this machine, or on the libraries that the environment names. */
export function cudaEngineIn({ env, availableMemoryBytes }: Surroundings): CudaEngine {
  const monitorPaths = nvmlPaths(platform(), env.PINBENCH_NVML_LIBRARY);
  return new CudaEngine(
    () => libraryIn(env),
    availableMemoryBytes,
    () => once(nvmls, monitorPaths.join('\n'), () => loadNvml(monitorPaths, env.LD_LIBRARY_PATH)),
    machineOf(env),
  );
}
