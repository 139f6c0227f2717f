import { describe, expect, it } from 'vitest';
import { machineOf } from './machine.js';

const NODES = {
  '/sys/devices/system/node/online': '0-1\n',
  '/sys/devices/system/node/node0/cpulist': '0-15,32-47\n',
  '/sys/devices/system/node/node1/cpulist': '16-31,48-63\n',
  '/sys/bus/pci/devices/0000:3b:00.0/numa_node': '1\n',
  '/sys/bus/pci/devices/0000:01:00.0/numa_node': '-1\n',
};
const machineWith = (files: Record<string, string>) =>
  machineOf(
    {},
    (path) => files[path],
    (path) => path in files,
  );
const allowedOn = (list: string) =>
  machineWith({
    ...NODES,
    '/proc/self/status': `Name:\tnode\nCpus_allowed:\tffff\nCpus_allowed_list:\t${list}\nMems_allowed_list:\t0-1\n`,
  }).processNodes();

describe('machineOf', () => {
  it('reads the NUMA node of a PCI device, if it has one', () => {
    expect(machineWith(NODES).numaNodeOf('0000:3B:00.0')).toBe(1);
    expect(machineWith(NODES).numaNodeOf('0000:01:00.0')).toBeUndefined();
    expect(machineWith(NODES).numaNodeOf('0000:02:00.0')).toBeUndefined();
  });

  it.each([
    ['0-63', [0, 1]],
    ['0-15', [0]],
    ['33', [0]],
    ['48-63', [1]],
    ['15-16', [0, 1]],
    ['2,60', [0, 1]],
  ])('finds the NUMA nodes of a process that may run on the CPUs %s', (list, nodes) => {
    expect(allowedOn(list)).toEqual(nodes);
  });

  it('returns no NUMA nodes if Linux does not provide them', () => {
    expect(machineWith({}).processNodes()).toBeUndefined();
    expect(machineWith(NODES).processNodes()).toBeUndefined();
  });

  it('detects the pipe of MPS at its default path and at the path in CUDA_MPS_PIPE_DIRECTORY', () => {
    expect(machineWith({}).hasMps()).toBe(false);
    expect(machineWith({ '/tmp/nvidia-mps/control': '' }).hasMps()).toBe(true);
    const env = { CUDA_MPS_PIPE_DIRECTORY: '/run/mps' };
    const hasMps = (file: string) =>
      machineOf(
        env,
        () => undefined,
        (path) => path === file,
      ).hasMps();
    expect([hasMps('/run/mps/control'), hasMps('/tmp/nvidia-mps/control')]).toEqual([true, false]);
  });
});
