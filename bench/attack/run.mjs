// Attacks the reading and writing of files many times in each way. No try may lose existing data, leave a partial file, or end with
// an error that is not one of pinbench's own. Prints the number of tries and faults per attack; exits with 1 if there is a fault.
//   npm run attack -- [--seed 1] [--signals 200] [--records 1000]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { diceOf } from './dice.mjs';
import { attackDisk } from './disk.mjs';
import { attackInputs } from './inputs.mjs';
import { attackRecords } from './records.mjs';
import { attackScale } from './scale.mjs';
import { attackSignals } from './signals.mjs';
import { attackText } from './text.mjs';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    signals: { type: 'string', default: '200' },
    records: { type: 'string', default: '1000' },
  },
});
const began = performance.now();
const folder = mkdtempSync(join(tmpdir(), 'pinbench-attack-'));
const faults = [];
try {
  console.log(
    `${cpus()[0].model.trim()}, ${cpus().length} cores, Node ${process.version}, seed ${values.seed}\n`,
  );
  console.log(`${'attack'.padEnd(62)}${'tries'.padStart(7)}${'faults'.padStart(8)}`);
  const attacks = [
    ['a random signal to a run that replaces a record', attackSignals, Number(values.signals)],
    ['a full disk or a file size limit while a record is written', attackDisk, 24],
    ['an output that is an input, a special file or not a file', attackInputs, undefined],
    ['a record whose text contains commands, in every format', attackText, 200],
    ['a record with random damage, read and rendered', attackRecords, Number(values.records)],
    ['many rows, many records, and patterns with many stars', attackScale, undefined],
  ];
  for (const [title, attack, count] of attacks) {
    const { tries, found, note } = await attack({
      folder: mkdtempSync(join(folder, 'attack-')),
      dice: diceOf(Number(values.seed)),
      count,
    });
    console.log(
      `${title.padEnd(62)}${String(tries).padStart(7)}${String(found.length).padStart(8)}${note === undefined ? '' : `  ${note}`}`,
    );
    faults.push(...found.map((fault) => `${title}: ${fault}`));
  }
} finally {
  // A file system that an attack has mounted is unmounted before its folder is removed.
  spawnSync('umount', ['-q', ...[join(folder, 'small')]], { stdio: 'ignore' });
  rmSync(folder, { recursive: true, force: true });
}
for (const fault of faults) console.log(`fault: ${fault}`);
console.log(`\n${faults.length} faults; ${((performance.now() - began) / 1000).toFixed(0)} s`);
process.exitCode = faults.length === 0 ? 0 : 1;
