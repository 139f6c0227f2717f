import type { RunRecord } from '../record/schema.js';
import { printable } from '../text.js';
import type { Named } from './named.js';
import { measuredIn } from './services.js';

/** Go's names of the architectures that Node names differently. */
const GO_ARCH: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

/**
 * Go's benchmark format (Go design document 14313) with one line per round, so that benchstat sees the samples and not only their
 * median. The configuration lines make benchstat put other devices and datasets into separate tables.
 */
export function renderBenchstat(records: readonly Named[]): string {
  return records
    .map((named) => `${[...configurationOf(named.record), ...linesOf(named)].join('\n')}\n`)
    .join('\n');
}

function configurationOf({ environment, dataset }: RunRecord): string[] {
  const { os, arch, cpu } = environment;
  return [
    configuration('goos', os.split(' ')[0]!.toLowerCase()),
    configuration('goarch', GO_ARCH[arch] ?? arch),
    configuration('pkg', 'pinbench'),
    configuration('cpu', cpu),
    configuration('dataset', `${dataset.rows} × ${dataset.cols} ${dataset.dtype}`),
  ];
}

function linesOf(named: Named): string[] {
  let device: string | undefined;
  return measuredIn(named).flatMap(({ engine, strategy, batch, work, steps, samplesNs, ...result }) => {
    const name = `BenchmarkStep/engine=${engine}/strategy=${strategy}/batch=${batch}/work=${work}`;
    const iterations = Math.max(1, Math.round(steps / samplesNs.length));
    const lines = samplesNs.map((ns) => `${name} ${iterations} ${ns} ns/op`);
    if (device === result.device) return lines;
    device = result.device;
    return [configuration('device', device), ...lines];
  });
}

/** A configuration line; the value ends at the end of the line. */
function configuration(key: string, value: string): string {
  return `${key}: ${printable(value)}`;
}
