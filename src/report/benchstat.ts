import type { RunRecord } from '../record/schema.js';
import { measuredIn } from './names.js';

/** Go's names of the processors Node knows by others. */
const GO_ARCH: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

/** Go's benchmark format, a line for each round, so that benchstat has the samples and not only their median. */
export function renderBenchstat(record: RunRecord): string {
  const { os, arch, cpu } = record.environment;
  const head = [
    `goos: ${os.split(' ')[0]!.toLowerCase()}`,
    `goarch: ${GO_ARCH[arch] ?? arch}`,
    'pkg: pinbench',
    `cpu: ${cpu}`,
  ];
  const lines = measuredIn(record).flatMap(({ engine, strategy, batch, work, steps, samplesNs }) =>
    samplesNs.map((ns) => {
      const name = `BenchmarkStep/engine=${engine}/strategy=${strategy}/batch=${batch}/work=${work}`;
      return `${name} ${Math.max(1, Math.round(steps / samplesNs.length))} ${ns} ns/op`;
    }),
  );
  return `${[...head, ...lines].join('\n')}\n`;
}
