import util from 'node:util';
import { PinbenchError } from '../../errors.js';
import type { Surroundings } from '../../surroundings.js';
import { cudaEngineIn } from '../cuda/engine.js';
import type { Availability, Device, DeviceInfo, Engine } from '../engine.js';
import { once } from '../once.js';
import { TfjsDevice } from './device.js';
import type { Tfjs } from './namespace.js';
import { withNativeOutput } from './native-output.js';
import { importOptional, originOf, remedyFor } from './optional-package.js';
import { tensorflowFolder } from './tensorflow-folder.js';

const PACKAGE = '@tensorflow/tfjs-node-gpu';
const REMEDY = 'run pinbench setup tensorflow';

/** The namespace of tfjs-node: its own copy of tfjs, with the backend's binding to TensorFlow. */
type TfjsNode = Tfjs & {
  readonly version: Readonly<Record<string, string>>;
  readonly ready: () => Promise<void>;
  readonly enableProdMode: () => void;
  readonly backend: () => {
    readonly isUsingGpuDevice: boolean;
    readonly binding: { readonly TF_Version: string };
  };
};

/** TensorFlow through tfjs-node-gpu, from the user's project or else from what `pinbench setup tensorflow` built. */
export class TensorflowEngine implements Engine {
  readonly name = 'tensorflow';
  readonly #surroundings: Surroundings;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  async probe(): Promise<Availability> {
    try {
      const found = await load(this.#surroundings);
      if (found === undefined) {
        return { available: false, reason: `${PACKAGE} is not installed`, remedy: REMEDY };
      }
      return { available: true, devices: [await infoOf(found, this.#surroundings)] };
    } catch (error) {
      const [message] = (error instanceof Error ? error.message : String(error)).split('\n');
      return {
        available: false,
        reason: `${PACKAGE} cannot be loaded: ${message}`,
        remedy: remedyFor(error, this.name, REMEDY),
      };
    }
  }

  async open(ordinal: number): Promise<Device> {
    if (ordinal !== 0) {
      throw new PinbenchError('engine', {
        subject: `--device ${ordinal}`,
        observed: 'the tensorflow engine uses the first device that TensorFlow sees',
        expected: '0',
        remedy: `select another device with CUDA_VISIBLE_DEVICES=${ordinal}`,
      });
    }
    const found = await load(this.#surroundings);
    if (found === undefined) {
      throw new PinbenchError('engine', { subject: PACKAGE, observed: 'not installed', remedy: REMEDY });
    }
    return new TfjsDevice(found.tf, await infoOf(found, this.#surroundings), { backend: 'tensorflow' });
  }
}

interface Loaded {
  readonly tf: TfjsNode;
  /** A suffix for the runtime's name that says where the package comes from, or an empty string. */
  readonly origin: string;
}

/** The packages loaded so far, keyed by the folders that were searched. */
const loaded = new Map<string, Promise<Loaded | undefined>>();

/** Loads the package once. TensorFlow's own output to stderr is turned off, and suppressed if it prints nevertheless. */
async function load(surroundings: Surroundings): Promise<Loaded | undefined> {
  const folder = tensorflowFolder(surroundings);
  return once(loaded, JSON.stringify([surroundings.cwd(), folder, surroundings.loadsForeignCode]), () =>
    withNativeOutput(surroundings, async () => {
      const { env, setVariable, showsNativeOutput } = surroundings;
      if (!showsNativeOutput && env.TF_CPP_MIN_LOG_LEVEL === undefined) {
        setVariable('TF_CPP_MIN_LOG_LEVEL', '3');
      }
      // tfjs-node 4.22 calls this function, which Node 23 removed.
      Object.assign(util, {
        isNullOrUndefined:
          (util as { isNullOrUndefined?: unknown }).isNullOrUndefined ?? ((v: unknown) => v == null),
      });
      const found = await importOptional(PACKAGE, surroundings, [folder]);
      if (found === undefined) return undefined;
      const { default: tf } = found.module as { readonly default: TfjsNode };
      // Otherwise tfjs warns about every kernel that pinbench's own copy of the core also registers: copies share one registry.
      tf.enableProdMode();
      await tf.ready();
      return { tf, origin: originOf([found]) };
    }),
  );
}

/** The binding does not name its device, but CUDA does, and TensorFlow numbers devices in CUDA's order. */
async function infoOf({ tf, origin }: Loaded, surroundings: Surroundings): Promise<DeviceInfo> {
  const { binding, isUsingGpuDevice: gpu } = tf.backend();
  const runtime = `TensorFlow ${binding.TF_Version}, tfjs-node-gpu ${tf.version['tfjs-node']}${origin}`;
  if (!gpu) return { name: 'TensorFlow on CPU', gpu, runtime };
  const cuda = await cudaEngineIn(surroundings).probe();
  const known = cuda.available ? cuda.devices[0] : undefined;
  return { ...known, name: known?.name ?? 'a GPU', gpu, runtime };
}
