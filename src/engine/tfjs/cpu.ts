import { availableParallelism, cpus, totalmem } from 'node:os';
import { PinbenchError } from '../../errors.js';
import type { Device, DeviceInfo, Engine } from '../engine.js';
import { loadTfjs } from './cpu-packages.js';
import { TfjsDevice } from './device.js';

/** tfjs's own backend in plain JavaScript, which runs on one CPU thread. It is always available. */
export const cpuEngine: Engine = {
  name: 'cpu',

  async probe() {
    return { available: true, devices: [deviceInfo()] };
  },

  async open(device): Promise<Device> {
    if (device !== 0) {
      throw new PinbenchError('engine', {
        subject: `--device ${device}`,
        observed: 'the cpu engine has one device',
        expected: '0',
      });
    }
    const tf = loadTfjs();
    // Otherwise the backend prints an advertisement for tfjs-node at its first tensor.
    tf.enableProdMode();
    return new TfjsDevice(tf, deviceInfo(), { backend: 'cpu' });
  },
};

function deviceInfo(): DeviceInfo {
  const model = cpus()[0]?.model.trim() ?? 'processor';
  return {
    name: `${model} (${availableParallelism()} cores)`,
    gpu: false,
    runtime: `TensorFlow.js ${loadTfjs().version_core}, cpu backend`,
    memoryBytes: totalmem(),
  };
}
