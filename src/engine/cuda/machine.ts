import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type ReadText, readText } from '../../small-file.js';

/** What the host's operating system, rather than a library, reports about its devices. */
export interface Machine {
  /** The NUMA node of a PCI device; `undefined` if the host has one node or does not say. */
  numaNodeOf(pciBusId: string): number | undefined;
  /** The NUMA nodes that contain a CPU this process may run on; `undefined` if the system does not say. */
  processNodes(): number[] | undefined;
  /** Whether MPS, through which processes share a device, may be running: its control pipe exists. */
  hasMps(): boolean;
}

/** This machine, as described by Linux's /sys and /proc. `env.CUDA_MPS_PIPE_DIRECTORY` may name the folder of the MPS pipe. */
export function machineOf(
  env: Readonly<Record<string, string | undefined>>,
  read: ReadText = readText,
  exists: (path: string) => boolean = existsSync,
): Machine {
  return {
    numaNodeOf: (pciBusId) => {
      const node = Number(read(`/sys/bus/pci/devices/${pciBusId.toLowerCase()}/numa_node`) ?? Number.NaN);
      // Linux reports −1 if the device belongs to no node.
      return node >= 0 ? node : undefined;
    },
    processNodes: () => nodesOfProcess(read),
    hasMps: () => exists(join(env.CUDA_MPS_PIPE_DIRECTORY || '/tmp/nvidia-mps', 'control')),
  };
}

function nodesOfProcess(read: ReadText): number[] | undefined {
  const [, allowed] = /^Cpus_allowed_list:\s*(\S+)$/m.exec(read('/proc/self/status') ?? '') ?? [];
  const nodes = read('/sys/devices/system/node/online');
  if (allowed === undefined || nodes === undefined) return undefined;
  const processors = new Set(numbersIn(allowed));
  return numbersIn(nodes).filter((node) =>
    numbersIn(read(`/sys/devices/system/node/node${node}/cpulist`) ?? '').some((one) => processors.has(one)),
  );
}

/** The numbers of a list such as `0-3,8`. */
function numbersIn(list: string): number[] {
  return list
    .trim()
    .split(',')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [first, last = first] = part.split('-').map(Number);
      return Array.from({ length: last! - first! + 1 }, (_, i) => first! + i);
    });
}
