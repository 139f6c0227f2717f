// A user's program in TypeScript: it imports everything that is exported and uses it as the types say. .ci/consumers compiles it
// against the packed package. If an expected mistake is no longer reported, the compiler reports the comment before it.
import {
  type Clock,
  type ColumnInfo,
  type Comparison,
  type DataFile,
  type Dataset,
  type ErrorCode,
  type LoadOptions,
  type MeasuredResult,
  type OpenDataFile,
  type OpenOptions,
  openDataset,
  openFile,
  type Phase,
  PinbenchError,
  type Progress,
  parseRecord,
  type Result,
  type RunOptions,
  type RunRecord,
  readRecord,
  recordJsonSchema,
  recordSchema,
  run,
  type Surroundings,
  type Values,
  type Warning,
} from 'pinbench';

const open: OpenDataFile = await openFile('x.arrow', { columns: ['a', 'b'] } satisfies OpenOptions);
const file: DataFile = open;
const columns: readonly ColumnInfo[] | undefined = file.columns;
await open.close();
const loading: LoadOptions = { dtype: 'native', signal: AbortSignal.timeout(1000) };
const dataset: Dataset = await openDataset('x.npy', loading);
const values: Values = dataset.values;

const clock: Clock = { nowNs: () => performance.now() * 1e6 };
const progress: Progress = {
  loading(doneBytes, totalBytes) {
    console.log(doneBytes / totalBytes);
  },
  phase({ engine, strategy, plan, phase, done, caseNumber, cases, round, rounds, leftNs }: Phase) {
    console.log(engine, strategy ?? 'none', plan.batch, phase, done, `${caseNumber} of ${cases}`);
    if (round !== undefined && leftNs !== undefined) console.log(round / (rounds ?? 20), leftNs / 1e9);
  },
};
const options: RunOptions = { budgetNs: 60e9, untilPercent: 2, progress, clock, signal: undefined };
const record: RunRecord = await run('x.npy', {
  ...{ batch: '1..64', engine: 'cpu', strategy: ['feed'], modelNs: 5e5, minTimeNs: 0, epochs: 3 },
});
const other: RunRecord = await run(dataset, options);
await run(dataset, { batch: [1, 2, { from: 4, to: 64 }], work: 2, strategy: 'all', engine: ['cpu', 'cuda'] });

const batch: number | undefined = record.plan.batches[0];
const [fetch, epochs]: ['step' | 'epoch', number | undefined] = [record.plan.fetch, record.plan.epochs];
const rounds: number = record.plan.rounds;
const results: readonly Result[] = record.results;
for (const result of results) {
  if (result.status === 'measured') {
    const measured: MeasuredResult = result;
    const interval: readonly [number, number] | null = measured.stepNs.ci95;
    console.log(measured.stepNs.median, measured.samplesNs.length, interval?.[0]);
  } else {
    const reason: string = result.reason;
    console.log(reason);
  }
}
const comparisons: readonly Comparison[] = record.comparisons;
for (const { verdict, speedup, ci95, breakEvenSteps } of comparisons) {
  if (verdict === 'faster') console.log(speedup, ci95?.[1], breakEvenSteps);
}
const warnings: readonly Warning[] = record.warnings;
for (const warning of warnings) {
  if (warning.code === 'cast') console.log(warning.castFrom.length, warning.dtype);
  else if (warning.code === 'outliers') console.log(warning.farthest.toFixed(1), warning.strategy);
}
const records: RunRecord[] = [
  other,
  parseRecord('a.json', '{}'),
  await readRecord('a.json'),
  recordSchema.parse({}),
];
const schema: unknown = recordJsonSchema();
const isUsage = (error: unknown) =>
  error instanceof PinbenchError &&
  error.code === ('usage' satisfies ErrorCode) &&
  error.remedy !== undefined;
export type Environment = Surroundings['env'];
export { batch, columns, epochs, fetch, isUsage, records, rounds, schema, values };

// @ts-expect-error no such value
await run('x.npy', { fetch: 'never' });
// @ts-expect-error no such option
await run('x.npy', { batches: 2 });
// @ts-expect-error a plan has no such field
record.plan.nothing;
// @ts-expect-error a result may be skipped
record.results[0]?.stepNs;
// @ts-expect-error no such code
if (record.warnings[0]?.code === 'never') throw new Error();
