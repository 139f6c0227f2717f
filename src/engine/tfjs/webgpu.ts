import { PinbenchError } from '../../errors.js';
import type { Surroundings } from '../../surroundings.js';
import type { Availability, Device, DeviceInfo, Engine } from '../engine.js';
import { TfjsDevice } from './device.js';
import type { BackendNamespace } from './namespace.js';
import { withNativeOutput } from './native-output.js';
import { importOptional, originOf, remedyFor } from './optional-package.js';

/** The part of WebGPU that is used here, as Dawn's Node binding declares it. */
interface Gpu {
  requestAdapter(options: { powerPreference: 'high-performance' }): Promise<Adapter | null>;
}
interface Adapter {
  readonly info: {
    readonly vendor: string;
    readonly architecture: string;
    readonly description: string;
    readonly isFallbackAdapter?: boolean;
  };
  readonly limits: Readonly<Record<string, number>>;
  readonly features: ReadonlySet<string>;
  requestDevice(descriptor: {
    requiredLimits: Record<string, number>;
    requiredFeatures: string[];
  }): Promise<{ destroy(): void }>;
}
interface Dawn {
  create(flags: string[]): Gpu;
  readonly globals: object;
}
interface BackendPackage {
  readonly WebGPUBackend: new (device: object, info: object) => object;
}

const INSTALL = 'run npm install webgpu @tensorflow/tfjs-backend-webgpu@4.22.0';
const NO_ADAPTER = 'install a Vulkan driver for the GPU (on Linux, also libvulkan1)';
/** The limits that the backend's kernels and large tensors need; WebGPU's defaults are far below what devices support. */
const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
];
/** Vulkan drivers that run on the CPU. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render/i;

/** tfjs on Dawn, for any GPU with a Vulkan, Metal or Direct3D 12 driver. */
export class WebgpuEngine implements Engine {
  readonly name = 'webgpu';
  readonly #surroundings: Surroundings;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  async probe(): Promise<Availability> {
    try {
      const found = await look(this.#surroundings);
      if (found === undefined) {
        return {
          available: false,
          reason: 'webgpu and @tensorflow/tfjs-backend-webgpu are not installed',
          remedy: INSTALL,
        };
      }
      if (found.adapter === null) {
        return { available: false, reason: 'Dawn found no adapter', remedy: NO_ADAPTER };
      }
      return { available: true, devices: [infoOf(found.adapter, found)] };
    } catch (error) {
      const remedy = remedyFor(error, this.name, INSTALL);
      return { available: false, reason: `Dawn cannot be used: ${firstLine(error)}`, remedy };
    }
  }

  async open(ordinal: number): Promise<Device> {
    if (ordinal !== 0) {
      throw new PinbenchError('engine', {
        subject: `--device ${ordinal}`,
        observed: 'the webgpu engine has one device, the adapter that Dawn prefers',
        expected: '0',
      });
    }
    const found = await look(this.#surroundings);
    if (found?.adapter == null) {
      throw new PinbenchError('engine', { subject: 'webgpu', observed: 'no adapter', remedy: NO_ADAPTER });
    }
    const { adapter, core, backend } = found;
    // Read before the device is requested, because requesting it consumes the adapter.
    const info = infoOf(adapter, found);
    const largest = Math.min(adapter.limits.maxBufferSize!, adapter.limits.maxStorageBufferBindingSize!);
    const device = await adapter.requestDevice({
      requiredLimits: Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]!])),
      requiredFeatures: [],
    });
    // The backend's own registration would request another adapter and keep it from being destroyed.
    core.removeBackend('webgpu');
    core.registerBackend('webgpu', () => new backend.WebGPUBackend(device, adapter.info) as never);
    return new TfjsDevice(core, info, {
      backend: 'webgpu',
      awaits: true,
      largestTensorBytes: largest,
      needsUnshared: true,
      close: () => {
        core.removeBackend('webgpu');
        device.destroy();
      },
    });
  }
}

/** Loads the packages and requests the adapter; `undefined` if a package is not installed. */
function look(surroundings: Surroundings) {
  const load = (name: string) => importOptional(name, surroundings);
  return withNativeOutput(surroundings, async () => {
    const dawn = await load('webgpu');
    if (dawn === undefined) return undefined;
    const gpu = browserLike(dawn.module as Dawn);
    const [foundBackend, foundCore] = [
      await load('@tensorflow/tfjs-backend-webgpu'),
      await load('@tensorflow/tfjs-core'),
    ];
    if (foundBackend === undefined || foundCore === undefined) return undefined;
    const [backend, core] = [foundBackend.module as BackendPackage, foundCore.module as BackendNamespace];
    const origin = originOf([dawn, foundBackend, foundCore]);
    // Otherwise pinbench's own copy of the core makes tfjs warn that the platform is already set.
    core.enableProdMode();
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    return { adapter, backend, core, origin };
  });
}

let known: Gpu | undefined;

/** Creates WebGPU once and installs it as `navigator.gpu`, where the backend looks for it as in a browser. */
function browserLike({ create, globals }: Dawn): Gpu {
  if (known !== undefined) return known;
  known = create([]);
  Object.assign(globalThis, globals);
  if (!('navigator' in globalThis)) Object.assign(globalThis, { navigator: {} });
  const { navigator } = globalThis as unknown as { navigator: object };
  Object.defineProperty(navigator, 'gpu', { value: known, configurable: true });
  return known;
}

function infoOf(
  { info, limits }: Adapter,
  { core, origin }: { readonly core: BackendNamespace; readonly origin: string },
): DeviceInfo {
  const name = info.description || [info.vendor, info.architecture].filter(Boolean).join(' ') || 'GPU';
  const software =
    info.isFallbackAdapter === true || SOFTWARE.test(`${info.vendor} ${info.architecture} ${name}`);
  return {
    name: software ? `${name} (software adapter)` : name,
    gpu: !software,
    runtime: `TensorFlow.js ${core.version_core}, webgpu backend on Dawn, tensors up to ${Math.floor(limits.maxStorageBufferBindingSize! / 2 ** 20)} MiB${origin}`,
  };
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}
