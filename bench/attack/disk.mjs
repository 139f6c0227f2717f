import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DATA, RUN, shell } from './program.mjs';

const OLD = 'o'.repeat(19_000);

/**
 * There is space for the old record but not for a new one: the old one must stay, the exit code must be that of a failed write, and no
 * other file may be left.
 */
export function attackDisk({ folder, dice, count }) {
  const found = [];
  // Without permission to mount, a file size limit cuts a write short in the same way.
  const mounted = join(dirname(folder), 'small');
  mkdirSync(mounted);
  const mayMount =
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24k', 'tmpfs', mounted], { stdio: 'ignore' }).status === 0;
  for (let number = 0; number < count; number++) {
    const onDisk = mayMount && number % 2 === 0;
    const cwd = onDisk ? mounted : mkdtempSync(join(folder, 'disk-'));
    writeFileSync(join(cwd, 'record.json'), OLD);
    const limit = onDisk ? '' : `ulimit -f ${1 + dice.below(4)}; `;
    const { status, stderr } = shell(
      `${limit}TMPDIR=${cwd} pinbench run ${DATA} ${RUN.join(' ')} --json record.json`,
      cwd,
    );
    const printed = shell(
      `${limit}pinbench run ${DATA} ${RUN.join(' ')} --json - --csv /dev/null > printed; code=$?; rm printed; exit $code`,
      cwd,
    );
    if (printed.status !== 2 || !/^pinbench: standard output: cannot be written/m.test(printed.stderr))
      found.push(`standard output: exit code ${printed.status}, ${printed.stderr}`);
    const how = onDisk ? 'a file system of 24 KiB' : limit;
    if (status !== 2) found.push(`${how}: exit code ${status}`);
    if (!/^pinbench: record\.json: cannot be written \((?:ENOSPC|EFBIG)/m.test(stderr))
      found.push(`${how}: it says ${stderr}`);
    if (readFileSync(join(cwd, 'record.json'), 'utf8') !== OLD) found.push(`${how}: the old record is gone`);
    const strays = readdirSync(cwd).filter((name) => name !== 'record.json');
    if (strays.length > 0) found.push(`${how}: it left ${strays.join(', ')}`);
  }
  spawnSync('umount', [mounted], { stdio: 'ignore' });
  return {
    tries: 2 * count,
    found,
    note: mayMount ? undefined : '(only with a file size limit: mounting is not permitted here)',
  };
}
