/** A command line with a description. */
export interface Example {
  readonly does: string;
  readonly line: string;
}

/** The examples at the end of a command's help and in docs/cli.md. */
export const EXAMPLES = {
  run: [
    { does: 'Compare feed and pin', line: 'pinbench run data.npy' },
    {
      does: 'Compare them at every power of two for a minute, and write a page with charts',
      line: 'pinbench run data.npy --batch 1..65536 --budget 60s --html report.html',
    },
    {
      does: 'Measure every strategy that the CUDA engine has, and keep the record',
      line: 'pinbench run data.npy --engine cuda --strategy all --json record.json',
    },
  ],
  ab: [
    {
      does: 'Compare the builds in two folders for two minutes',
      line: 'pinbench ab base head -- data.npy --batch 256,1024',
    },
    {
      does: 'Measure for longer, and keep the records',
      line: 'pinbench ab base head --budget 10m --out records -- data.npy',
    },
    {
      does: 'Print the comparison as Markdown, and fail only if a row regressed',
      line: 'pinbench ab base head --fail-on regression --format markdown -- data.npy',
    },
  ],
  compare: [
    { does: 'Compare a record with its baseline', line: 'pinbench compare base.json head.json' },
    {
      does: 'Compare speedups over feed with several baselines from other machines',
      line: "pinbench compare 'main-*.json' head.json --metric speedup --ignore-device",
    },
    {
      does: 'Print the comparison as Markdown, and exit with 0 whatever the verdicts',
      line: 'pinbench compare base.json head.json --fail-on none --format markdown',
    },
  ],
} as const satisfies Readonly<Record<string, readonly Example[]>>;

/** The examples of a command as text for its help. */
export function examplesText(name: keyof typeof EXAMPLES): string {
  const examples = EXAMPLES[name].map(({ does, line }) => `  ${does}:\n    $ ${line}`);
  return ['\nExamples:', ...examples].join('\n');
}
