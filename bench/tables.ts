/**
 * Has pyarrow write random tables, reads each with pinbench and compares the result with what pyarrow reads: `npm run fuzz:tables
 * -- --count 5000`. Needs python3 with numpy and pyarrow. A difference is a finding, and so is a refusal of a table in which
 * pyarrow finds numbers.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { agreementOf } from '../src/data/testing/agreement.js';
import { fromMemory, type Reading, readingOf } from '../src/data/testing/reading.js';
import { Scratch } from '../src/data/testing/scratch.js';
import { Oracle } from './fuzz/oracle.js';

/** How many tables are written and compared at once. */
const GROUP = 250;
const PYTHON = 'python3';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { count: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' } },
  });
  const folder = resolve('.cache/tables');
  mkdirSync('.cache', { recursive: true });
  const scratch = new Scratch(resolve('.cache/tables-scratch'));
  const oracle = new Oracle(PYTHON, resolve('bench/fuzz/oracle.py'));
  console.log(await oracle.start());
  const counts = { read: 0, refused: 0, 'not read by pyarrow': 0, findings: 0 };
  for (let group = 0; group * GROUP < Number(values.count); group++) {
    const seed = Number(values.seed) * 10_000 + group;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    spawnSync(PYTHON, ['bench/fuzz/tables.py', String(seed), String(GROUP), folder], { stdio: 'inherit' });
    const names = readdirSync(folder);
    const contents = names.map((name) => readFileSync(join(folder, name)));
    const answers = await oracle.ask('arrow', contents);
    for (const [i, content] of contents.entries()) {
      const reading = await readingOf(fromMemory, content, scratch);
      const answer = answers[i]!;
      const finding = findingOf(reading, answer);
      if (!('read' in answer)) counts['not read by pyarrow'] += 1;
      else if (reading.kind === 'accepted') counts.read += 1;
      else counts.refused += 1;
      if (finding === undefined) continue;
      counts.findings += 1;
      process.exitCode = 1;
      console.log(`tables.py ${seed} ${GROUP}, ${names[i]}: ${finding}`);
    }
  }
  oracle.stop();
  scratch.remove();
  console.log(counts);
}

function findingOf(reading: Reading, answer: Awaited<ReturnType<Oracle['ask']>>[number]): string | undefined {
  if (reading.kind === 'broken') return reading.why;
  if (reading.kind === 'accepted') return agreementOf(reading.facts, answer).finding;
  const isReadElsewhere = 'read' in answer && answer.read.float32 !== undefined;
  return isReadElsewhere ? `refused: ${reading.message}` : undefined;
}

await main();
