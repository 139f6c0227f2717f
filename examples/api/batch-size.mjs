// Prints which strategy is faster at each batch size: node batch-size.mjs [data file]
import { PinbenchError, run } from 'pinbench';

const file = process.argv[2] ?? '../../fixtures/data.npy';

try {
  const record = await run(file, { batch: [1, 2, 5], strategy: ['feed', 'pin'], epochs: 100 });
  for (const { name, gpu } of record.environment.devices) {
    console.log(`on ${name}${gpu ? '' : ', which is not a GPU, so the figures say nothing about one'}`);
  }
  for (const { batch, strategy, speedup, ci95, verdict } of record.comparisons) {
    const interval = ci95 === null ? 'no interval' : ci95.map((bound) => bound.toFixed(2)).join('–');
    console.log(
      `${batch} rows: ${strategy} compared with feed: ${verdict}, ${speedup.toFixed(2)}× (95 %: ${interval})`,
    );
  }
} catch (error) {
  if (!(error instanceof PinbenchError)) throw error;
  // The message is one line: the subject, what was seen, what was expected, what to do.
  console.error(error.message);
  process.exitCode = 1;
}
