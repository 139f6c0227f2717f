import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AbRequest } from '../cli/request.js';
import { sampleRecord } from '../record/testing/sample-record.js';
import { measurePairs } from './measure-pairs.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pinbench-pairs-'));
  const results = sampleRecord().results.filter(({ status }) => status === 'measured');
  writeFileSync(join(folder, 'record.json'), JSON.stringify({ ...sampleRecord(), results }));
  writeFileSync(join(folder, 'skips.json'), JSON.stringify(sampleRecord()));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A program that logs its start with its rounds, `turns` turns and its end, and prints a record. `first` runs before all that. */
function programOf(name: string, turns: number, first = '', record = 'record.json'): string {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(
    path,
    `import { appendFileSync, readFileSync } from 'node:fs';
     const log = (what) => appendFileSync(${JSON.stringify(join(folder, 'log'))}, '${name} ' + what + '\\n');
     ${first}
     log('starts ' + process.argv[process.argv.indexOf('--rounds') + 1]);
     for (let turn = 1; process.env.PINBENCH_TURNS === '1' && turn <= ${turns}; turn++) {
       process.send('turn');
       await new Promise((done) => process.once('message', done));
       log(turn);
     }
     process.stdout.write(readFileSync(${JSON.stringify(join(folder, record))}));
     log('ends');
     process.disconnect?.();`,
  );
  return path;
}

async function measured(
  programs: { base: string; head: string },
  request: Partial<AbRequest>,
  signal?: AbortSignal,
  isComparable = () => true,
) {
  const whole = { base: folder, head: folder, args: [], pairs: undefined, budgetNs: 60e9, ...request };
  const context = { signal } as never;
  const result = await measurePairs(whole as unknown as AbRequest, programs, execPath, context, isComparable);
  const { pairs, inTurns, lost } = result;
  return { pairs: pairs.length, inTurns, lost, log: logged() };
}

const logged = () =>
  readFileSync(join(folder, 'log'), { encoding: 'utf8', flag: 'a+' }).trimEnd().split('\n');

describe('the pairs of ab', { timeout: 60_000 }, () => {
  it('take turns, each process first in every other round and in every other pair', async () => {
    const programs = { base: programOf('base', 3), head: programOf('head', 3) };
    const { pairs, inTurns, log } = await measured(programs, { pairs: 2 });
    expect([pairs, inTurns]).toEqual([2, true]);
    const first = ['base 1', 'head 1', 'head 2', 'base 2', 'base 3', 'base ends', 'head 3', 'head ends'];
    expect(log.slice(0, 10)).toEqual(['base starts 30', 'head starts 30', ...first]);
    const second = first.map((line) =>
      line.replace(/base|head/, (side) => (side === 'base' ? 'head' : 'base')),
    );
    expect(log.slice(10, 12).sort()).toEqual(['base starts 30', 'head starts 30']);
    expect(log.slice(12)).toEqual(second);
  });

  it('run one after the other if a build does not take turns', async () => {
    const programs = { base: programOf('base', 0), head: programOf('head', 1) };
    const { inTurns, log } = await measured(programs, { pairs: 2 });
    expect(inTurns).toBe(false);
    expect(log.slice(0, 5)).toEqual(['base starts 30', 'base ends', 'head starts 30', 'head 1', 'head ends']);
    expect(log.slice(5)).toEqual(['head starts 30', 'head ends', 'base starts 30', 'base ends']);
  });

  it('take turns although rows are skipped, if one process alone skips them too', async () => {
    const programs = { base: programOf('base', 1), head: programOf('head', 1, '', 'skips.json') };
    expect(await measured(programs, { pairs: 2 })).toMatchObject({ pairs: 2, inTurns: true, lost: [] });
  });

  it('run one after the other if a process fails only beside the other, which is reported', async () => {
    const fail = 'if (process.env.PINBENCH_TURNS === "1") { console.error("no memory"); process.exit(4); }';
    const programs = { base: programOf('base', 1), head: programOf('head', 1, fail) };
    expect(await measured(programs, { pairs: 2 })).toMatchObject({
      ...{ pairs: 2, inTurns: false },
      lost: ['head: no memory (measured again, one process after the other)'],
    });
  });

  it('end at the first pair if it cannot be compared', async () => {
    const programs = { base: programOf('base', 1), head: programOf('head', 1) };
    expect((await measured(programs, { pairs: 3 }, undefined, () => false)).pairs).toBe(1);
  });

  it('end after three failures in a row, and say so', async () => {
    const fail = "if (log('tries') || logged() > 1) { console.error('broken'); process.exit(4); }";
    const count = `const logged = () => readFileSync(${JSON.stringify(join(folder, 'log'))}, 'utf8').split('head tries').length - 1;`;
    const programs = { base: programOf('base', 1), head: programOf('head', 1, count + fail) };
    const { pairs, lost } = await measured(programs, { pairs: 9 });
    expect(pairs).toBe(1);
    expect(lost).toEqual([
      ...Array(2).fill('head: broken'),
      'head: broken; the measurement ended after 3 failures in a row',
    ]);
  });

  it('end with exit code 5 if a process finds a wrong sum', async () => {
    const fail = "console.error('pinbench: cpu: a wrong sum'); process.exit(5);";
    const programs = { base: programOf('base', 1), head: programOf('head', 1, fail) };
    await expect(measured(programs, { pairs: 9 })).rejects.toMatchObject({
      ...{ code: 'mismatch', message: 'ab: head: cpu: a wrong sum' },
    });
  });

  it('end with exit code 5 even if the sum of the first pair is right when one process runs after the other', async () => {
    const fail = 'if (process.env.PINBENCH_TURNS === "1") { console.error("a wrong sum"); process.exit(5); }';
    const programs = { base: programOf('base', 1), head: programOf('head', 1, fail) };
    await expect(measured(programs, { pairs: 9 })).rejects.toMatchObject({ code: 'mismatch' });
  });

  it('have twice the rounds from the second pair on if the budget allows 20 pairs', async () => {
    const programs = { base: programOf('base', 1), head: programOf('head', 1) };
    /** The rounds of the first four processes, after which the measurement is interrupted. */
    const roundsIn = async (request: Partial<AbRequest>) => {
      rmSync(join(folder, 'log'), { force: true });
      const starts = () => logged().flatMap((line) => / starts (\d+)/.exec(line)?.slice(1) ?? []);
      const abort = new AbortController();
      const watch = setInterval(() => starts().length >= 4 && abort.abort(), 20);
      await measured(programs, request, abort.signal);
      clearInterval(watch);
      return starts().slice(0, 4);
    };
    expect(await roundsIn({ budgetNs: 60e9 })).toEqual(['30', '30', '60', '60']);
    expect(await roundsIn({ budgetNs: 60e9, pairs: 2 })).toEqual(['30', '30', '30', '30']);
    expect(new Set(await roundsIn({ budgetNs: 0.5e9 }))).toEqual(new Set(['30']));
  });
});
