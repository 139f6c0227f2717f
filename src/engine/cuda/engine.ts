import { readFileSync } from 'node:fs';
import { platform } from 'node:os';
import { PinbenchError } from '../../errors.js';
import type { Surroundings } from '../../surroundings.js';
import type { Availability, Device, DeviceInfo, Engine } from '../engine.js';
import { once } from '../once.js';
import { ATTRIBUTE, Context } from './context.js';
import { CudaDevice } from './device.js';
import { Driver } from './driver.js';
import { type Library, libraryPaths, loadLibrary } from './library.js';
import { loadNvml, type NvmlCalls, NvmlDevice, nvmlPaths } from './nvml.js';
import { NoDevice, unavailable } from './unavailable.js';

/** The CUDA engine on whatever library `load` gives, and what NVML says of its devices where there is one. */
export class CudaEngine implements Engine {
  readonly name = 'cuda';
  readonly #load: () => Promise<Library>;
  readonly #hostFreeBytes: () => number;
  readonly #nvml: () => Promise<NvmlCalls | undefined>;

  constructor(
    load: () => Promise<Library>,
    hostFreeBytes: () => number,
    nvml: () => Promise<NvmlCalls | undefined> = async () => undefined,
  ) {
    this.#load = load;
    this.#hostFreeBytes = hostFreeBytes;
    this.#nvml = nvml;
  }

  async probe(): Promise<Availability> {
    try {
      const driver = await this.#driver();
      const devices = Array.from({ length: driver.ask('cuDeviceGetCount') }, (_, i) => deviceInfo(driver, i));
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
        observed: `CUDA shows ${count} device${count === 1 ? '' : 's'}`,
        expected: `0 to ${count - 1}`,
      });
    }
    const known = deviceInfo(driver, ordinal);
    const calls = await this.#nvml();
    const nvml = calls && NvmlDevice.at(calls, known.pciBusId!);
    try {
      const info = { ...known, ...(nvml && nvmlInfo(nvml)) };
      return new CudaDevice(new Context(driver, driver.ask('cuDeviceGet', ordinal)), info, nvml);
    } catch (error) {
      nvml?.close();
      throw error;
    }
  }

  async #driver(): Promise<Driver> {
    const driver = new Driver(await this.#load(), this.#hostFreeBytes);
    driver.do('cuInit', 0);
    return driver;
  }
}

function deviceInfo(driver: Driver, ordinal: number): DeviceInfo {
  const device = driver.ask('cuDeviceGet', ordinal);
  const attribute = (number: number) => driver.ask('cuDeviceGetAttribute', number, device);
  const version = driver.ask('cuDriverGetVersion');
  const l2Bytes = attribute(ATTRIBUTE.l2Bytes);
  const pciBusId = driver.text('cuDeviceGetPCIBusId', device);
  const numaNode = numaNodeOf(pciBusId);
  return {
    name: driver.text('cuDeviceGetName', device),
    gpu: true,
    runtime: `CUDA ${Math.floor(version / 1000)}.${Math.floor((version % 1000) / 10)}`,
    memoryBytes: driver.make('cuDeviceTotalMem_v2', device),
    computeCapability: `${attribute(ATTRIBUTE.computeMajor)}.${attribute(ATTRIBUTE.computeMinor)}`,
    multiprocessors: attribute(ATTRIBUTE.multiprocessors),
    ...(l2Bytes > 0 && { l2Bytes }),
    pciBusId,
    uuid: driver.uuid(device),
    ...(numaNode !== undefined && { numaNode }),
    integrated: attribute(ATTRIBUTE.integrated) === 1 || attribute(ATTRIBUTE.usesHostPageTables) === 1,
  };
}

/** What NVML alone knows. */
function nvmlInfo({ driver, mig, ecc, persistence }: NvmlDevice): Partial<DeviceInfo> {
  return {
    ...(driver !== undefined && { driver }),
    ...(mig !== undefined && { mig }),
    ...(ecc !== undefined && { ecc }),
    ...(persistence !== undefined && { persistence }),
  };
}

/** The memory node of a PCI device by Linux; absent elsewhere, and where it says −1 for none. */
function numaNodeOf(pciBusId: string): number | undefined {
  try {
    const node = Number(readFileSync(`/sys/bus/pci/devices/${pciBusId.toLowerCase()}/numa_node`, 'latin1'));
    return node >= 0 ? node : undefined;
  } catch {
    return undefined;
  }
}

/** The libraries that were loaded, by the paths that were looked at. */
const libraries = new Map<string, Promise<Library>>();
const nvmls = new Map<string, Promise<NvmlCalls | undefined>>();

/** The CUDA engine on this machine's own driver, or on the libraries that the environment names. */
export function cudaEngineIn({ env, availableMemoryBytes }: Surroundings): CudaEngine {
  const driverPaths = libraryPaths(platform(), env.PINBENCH_CUDA_LIBRARY);
  const monitorPaths = nvmlPaths(platform(), env.PINBENCH_NVML_LIBRARY);
  return new CudaEngine(
    () => once(libraries, driverPaths.join('\n'), () => loadLibrary(driverPaths)),
    availableMemoryBytes,
    () => once(nvmls, monitorPaths.join('\n'), () => loadNvml(monitorPaths)),
  );
}
