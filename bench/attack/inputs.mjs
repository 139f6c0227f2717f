import { existsSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DATA, RUN, shell } from './program.mjs';

const BYTES = readFileSync(DATA);

/**
 * Commands that prepare the folder, the flags, and the expected exit code. Existing files must stay, except those that an output
 * replaces.
 */
const CASES = [
  ['', '--json in.npy', 2],
  ['', '--csv ./in.npy', 2],
  ['ln -s in.npy a', '--json a', 2],
  ['ln -s a b; ln -s in.npy a', '--html b', 2],
  ['ln in.npy a', '--markdown a', 2],
  ['mkdir d; ln -s .. d/up', '--json d/up/in.npy', 2],
  ['', '--json a --csv a', 2],
  ['ln -s a b', '--json a --csv b', 2],
  ['ln -s a b; touch a', '--json b --html a', 2],
  ['touch a; chmod 444 a', '--json a', 2],
  ['ln -s a a', '--json a', 2],
  ['mkdir a', '--json a', 2],
  ['', '--json none/a', 2],
  ['', '--json in.npy/a', 2],
  ['ln -s none/a a', '--json a', 2],
  ['', '--json /dev/fd/99', 2],
  ['', '--json /dev/null', 0],
  ['', '--json /dev/stdout', 0],
  ['', '--json /dev/stderr', 0],
  ['ln -s /dev/null a', '--json a', 0],
  ['ln -s a b', '--json b', 0],
  ['touch a', '--json a', 0],
  ['', '--json >(cat > a)', 0],
  ['ln -s /dev/full a', '--json a', 2],
  ['ln -s /dev/full a', '--json a --csv b', 2],
];

export function attackInputs({ folder }) {
  const found = [];
  for (const [prepare, flags, code] of CASES) {
    const cwd = mkdtempSync(join(folder, 'input-'));
    writeFileSync(join(cwd, 'in.npy'), BYTES);
    const { status, stderr } = shell(`${prepare}\npinbench run in.npy ${RUN.join(' ')} ${flags}`, cwd);
    const what = `${prepare}; ${flags}`;
    if (status !== code) found.push(`${what}: exit code ${status}: ${stderr}`);
    if (!readFileSync(join(cwd, 'in.npy')).equals(BYTES)) found.push(`${what}: the data is gone`);
    if (!statSync('/dev/null').isCharacterDevice()) found.push(`${what}: /dev/null is gone`);
    if (flags.includes('--csv b') && !prepare.includes('b') && !existsSync(join(cwd, 'b')))
      found.push(`${what}: the other output is missing`);
  }
  const cwd = mkdtempSync(join(folder, 'record-'));
  mkdirSync(join(cwd, 'd'));
  shell(`pinbench run ${DATA} ${RUN.join(' ')} --json r.json; ln -s r.json l.json; ln r.json d/h.json`, cwd);
  const before = readFileSync(join(cwd, 'r.json'));
  const reports = [
    'r.json -o r.json',
    'r.json -o l.json',
    "'*.json' -o d/h.json",
    'r.json --format html -o ./r.json',
  ];
  for (const report of reports) {
    const { status } = shell(`pinbench report ${report}`, cwd);
    if (status !== 2) found.push(`report ${report}: exit code ${status}`);
    if (!readFileSync(join(cwd, 'r.json')).equals(before)) found.push(`report ${report}: the record is gone`);
  }
  return { tries: CASES.length + reports.length, found };
}
