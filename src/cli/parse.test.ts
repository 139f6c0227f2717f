import { describe, expect, it } from 'vitest';
import { PinbenchError } from '../errors.js';
import { OPTION_ENTRIES, OPTION_GROUPS } from '../options.js';
import { EXAMPLES, examplesText } from './examples.js';
import { mayBeRun, parseRequest } from './parse.js';
import type { RunRequest } from './request.js';
import { declareRunOptions } from './run.js';

const parse = (line: string) => parseRequest(line.split(' ').filter(Boolean), '1.2.3', declareRunOptions);
const run = (flags: string) => parse(`run data.npy ${flags}`) as RunRequest;
const refusal = (line: string): PinbenchError => {
  try {
    parse(line);
  } catch (error) {
    if (error instanceof PinbenchError) return error;
    throw error;
  }
  throw new Error(`${line} was accepted`);
};

describe('pinbench run', () => {
  it('passes on only the options given: defaults come from the table of options', () => {
    expect(run('')).toEqual({
      ...{ command: 'run', file: 'data.npy', settings: {}, outputs: [], quiet: false, progress: true },
      ...{ color: true, verbose: false },
    });
  });

  it('uses the last value of a repeated option, and refuses --chunk without a strategy that uses it', () => {
    expect(run('--seed 1 --seed 2 -s feed -s pin')).toMatchObject({
      settings: { seed: 2, strategy: ['pin'] },
    });
    expect(run('--chunk 2 -s feed,feed-chunk')).toMatchObject({ settings: { chunk: 2 } });
    expect(run('--chunk 2 -s all')).toMatchObject({ settings: { chunk: 2 } });
    expect(() => run('--chunk 2')).toThrow('--chunk: "2" has no effect without the strategy feed-chunk');
  });

  it('reads every flag', () => {
    const flags =
      '-b 2,64,1..4 -e 7 --warmup 0 -s pin -E cpu --device 1 --shuffle epoch --sampling gather --seed 0 --remainder keep ' +
      '--fetch epoch --readback copy --work 1..4,9 --dtype native --column a,b --until 2.5% --budget 10m --min-time 20ms ' +
      '--model-us 500 --json r.json --csv - --markdown m.md --html p.html --quiet --no-progress --no-color --verbose';
    expect(run(flags)).toEqual({
      ...{ command: 'run', file: 'data.npy', quiet: true, progress: false, color: false, verbose: true },
      settings: {
        ...{
          batch: [2, 64, { from: 1, to: 4 }],
          epochs: 7,
          warmup: 0,
          strategy: ['pin'],
          engine: ['cpu'],
          device: 1,
        },
        ...{
          shuffle: 'epoch',
          sampling: 'gather',
          seed: 0,
          remainder: 'keep',
          readback: 'copy',
          fetch: 'epoch',
        },
        ...{ work: [1, 2, 4, 9], dtype: 'native', columns: ['a', 'b'], untilPercent: 2.5, budgetNs: 600e9 },
        ...{ minTimeNs: 20e6, modelNs: 500e3 },
      },
      outputs: [
        { format: 'json', path: 'r.json' },
        { format: 'csv', path: '-' },
        { format: 'markdown', path: 'm.md' },
        { format: 'html', path: 'p.html' },
      ],
    });
  });

  it('lists every option in its help, under its group and with its default', () => {
    const { text } = parse('run --help') as { text: string };
    const groups = text.split(/^(?=\S[^\n]*:$)/m);
    for (const [name, { flag, group, defaultHelp }] of OPTION_ENTRIES) {
      const section = groups.find((part) => part.startsWith(`${group}:`))!.replace(/\s+/g, ' ');
      expect(section, name).toContain(flag);
      if (defaultHelp !== undefined) expect(section, name).toContain(`(default: ${defaultHelp})`);
    }
    expect(OPTION_GROUPS.map((group) => groups.findIndex((part) => part.startsWith(`${group}:`)))).toEqual(
      [...OPTION_GROUPS.keys()].map((i) => i + 2),
    );
  });

  it.each([
    ['-b 0', '--batch'],
    ['-b -1', '--batch'],
    ['-b 2.5', '--batch'],
    ['-b 1e3', '--batch'],
    ['-b two', '--batch'],
    ['-b 2,', '--batch'],
    ['-b 5..7', '--batch'],
    ['-b 8..2', '--batch'],
    ['-b 1..2..4', '--batch'],
    ['-b 99999999999999999999', '--batch'],
    ['--epochs 0', '--epochs'],
    ['--epochs 1.5', '--epochs'],
    ['--warmup -1', '--warmup'],
    ['--seed -1', '--seed'],
    ['--seed 4294967296', '--seed'],
    ['--strategy feed,pinned', '--strategy'],
    ['--engine gpu', '--engine'],
    ['--shuffle always', '--shuffle'],
    ['--until 0', '--until'],
    ['--until 1001', '--until'],
    ['--min-time -1', '--min-time'],
    ['--min-time 0', '--min-time'],
    ['--min-time soon', '--min-time'],
    ['--device 1.5', '--device'],
    [`--model-us ${'9'.repeat(306)}`, '--model-us'],
    ['--budget 1000000h', '--budget'],
    ['--work 4294967296', '--work'],
    ['--strategy all,pin', '--strategy'],
    ['--engine auto,cpu', '--engine'],

    ['--budget soon', '--budget'],
    ['--budget 0s', '--budget'],
    ['--model-us -5', '--model-us'],
    ['--column a,,b', '--column'],
    ['--sampling gather --shuffle none', '--shuffle'],
    ['--json - --csv -', '-'],
  ])('refuses %s', (flags, subject) => {
    expect(refusal(`run data.npy ${flags}`)).toMatchObject({ code: 'usage', subject });
  });
});

describe('the command line', () => {
  it.each([
    'run',
    'run a.npy b.npy',
    'run a.npy --frobnicate',
    'walk',
    'report',
    '--batch 2',
    'run a.npy --batch',
  ])('refuses "%s" in one line that names the help', (line) => {
    const { code, message } = refusal(line);
    expect(code).toBe('usage');
    expect(message).not.toContain('\n');
    expect(message).toMatch(/--help/);
  });

  it.each([
    ['run', "run: missing required argument 'file'; see pinbench run --help"],
    ['run a.npy b.npy', 'run: 2 arguments; expected pinbench run <file>; see pinbench run --help'],
    ['run a.npy --bogus', "run: unknown option '--bogus'; see pinbench run --help"],
    ['run a.npy --json', "run: option '--json <path>' argument missing; see pinbench run --help"],
    ['compare a', "compare: missing required argument 'head'; see pinbench compare --help"],
    ['engines cuda', 'engines: 1 argument; expected pinbench engines; see pinbench engines --help'],
    ['walk', /^"walk": unknown command; expected run, .*; see pinbench --help$/],
    ['help rnu', '"rnu": unknown command; did you mean run? see pinbench --help'],
    ['rum a.npy', '"rum": unknown command; did you mean run? see pinbench --help'],
    ['walk --batch 2', /^"walk": unknown command; expected run, .*; see pinbench --help$/],
    ['help walk', /^"walk": unknown command; expected run, .*; see pinbench --help$/],
    [
      'fixtures/data.npy --batch 2',
      '"fixtures/data.npy": a file where a command is expected; to measure it, use pinbench run fixtures/data.npy; see pinbench run --help',
    ],
    ['data.npy', /; to measure it, use pinbench run data\.npy; see pinbench run --help$/],
    [
      '--batch 2 run a.npy',
      '--batch: an option before its command; expected pinbench run <file> --batch; see pinbench run --help',
    ],
    [
      '--threshold=2 compare a b',
      '--threshold=2: an option before its command; expected pinbench compare <base> <head...> --threshold=2; see pinbench compare --help',
    ],
    ['--bogus', '--bogus: unknown option; see pinbench --help'],
    ['--bogus run a.npy', '--bogus: unknown option; see pinbench --help'],
    ['setup tensorflow --dir=', '--dir: ""; expected the path of a folder'],
    ['ab a b --out= -- c.npy', '--out: ""; expected the path of a folder'],
    [
      'run a.npy --budget 1000h',
      '--budget: "1000h"; expected a time above 0 and at most 720h, such as 90s, 10m or 1h',
    ],
    ['run a.npy --min-time 2s', '--min-time: "2s"; expected a time such as 10ms, at most 1s, or 0'],
    [
      'run a.npy --batch 9..5',
      '--batch: "9..5"; expected whole numbers from 1 to 9007199254740991 such as 2 or 2,64,1024, or an ascending range with a power of two in it such as 1..65536',
    ],
    ['run a.npy --batch 99999999999999999999', /; expected whole numbers from 1 to 9007199254740991 such as/],
    ['run a.npy --work 3..3', /; expected whole numbers from 1 to 2147483647 .* with a power of two in it /],
    ['schema nothing', 'schema: "nothing"; expected record, compare, ab'],
    ['schema recrod', 'schema: "recrod"; expected record, compare, ab; did you mean record?'],
    ['run a.npy --epoch 3', "run: unknown option '--epoch'; did you mean --epochs? see pinbench run --help"],
    [
      'run a.npy --strategy feed,pni',
      '--strategy: "feed,pni"; expected all, or some of feed, pin, feed-locked, feed-ahead, feed-chunk, pin-replay, zero-copy; did you mean pin?',
    ],
    ['--epoch 3 run a.npy', '--epoch: unknown option; did you mean --epochs? see pinbench --help'],
    [
      'compare a b --fail-on regresion',
      '--fail-on: "regresion"; expected none, or some of regression, inconclusive, missing; did you mean regression?',
    ],
    [
      'ab a b --batch 2 -- c.npy',
      "ab: unknown option '--batch', which belongs to run; expected pinbench ab <base> <head> -- <file> --batch",
    ],
    [
      'ab a b --paris 2 -- c.npy',
      "ab: unknown option '--paris'; did you mean --pairs? see pinbench ab --help",
    ],
    [
      'ab a b -- c.npy --bacth 2',
      "run: unknown option '--bacth'; did you mean --batch? see pinbench run --help",
    ],
    ...['ab a b extra --pairs 2 -- c.npy', 'ab a b extra c.npy'].map((line): [string, string] => [
      line,
      'ab: 4 arguments; expected pinbench ab <base> <head> -- <file>; see pinbench ab --help',
    ]),
    ['ab a b -- c.npy d.npy', 'run: 2 arguments; expected pinbench run <file>; see pinbench run --help'],
    ['setup', 'setup: a command is missing; expected tensorflow; see pinbench setup --help'],
    ['setup nothing', '"nothing": unknown command; expected tensorflow; see pinbench setup --help'],
    ['setup tensorflo', '"tensorflo": unknown command; did you mean tensorflow? see pinbench setup --help'],
    ['setup --cpu', "setup: unknown option '--cpu'; see pinbench setup --help"],
    [
      'setup tensorflow here',
      'setup tensorflow: 1 argument; expected pinbench setup tensorflow; see pinbench setup tensorflow --help',
    ],
  ])('explains what is wrong with "%s" and names the help', (line, said) => {
    const { code, message } = refusal(line);
    expect(code).toBe('usage');
    if (typeof said === 'string') expect(message).toBe(said);
    else expect(message).toMatch(said);
  });

  it('names only existing commands in its hints', () => {
    const lines = [
      'run',
      'walk',
      'a/b.npy',
      'setup',
      'setup x',
      'help x',
      '--batch 2',
      '--x',
      'schema x y',
      'report',
    ];
    for (const line of lines) {
      const { message } = refusal(line);
      expect(message).not.toMatch(/^pinbench/);
      const [, hint] = /see pinbench ((?:[a-z]+ )*)--help$/.exec(message)!;
      expect(parse(`${hint}--help`), message).toMatchObject({ command: 'print' });
    }
  });

  it.each(['', '--', 'help', '--help'])('prints its help for the arguments "%s"', (line) => {
    expect(parse(line)).toEqual({ command: 'print', text: expect.stringMatching(/^Usage: pinbench /) });
  });

  it('needs the options of run only if the arguments may refer to them', () => {
    expect(
      ['run a.npy', '--batch 2 run', 'help run', '--batch 2'].every((line) => mayBeRun(line.split(' '))),
    ).toBe(true);
    expect(['--help', 'compare a b', ''].some((line) => mayBeRun(line.split(' ')))).toBe(false);
    const lines = ['--help', 'compare a.json b.json', '', 'engines --json', '--version'];
    for (const line of lines)
      expect(parseRequest(line.split(' ').filter(Boolean), '1.2.3')).toEqual(parse(line));
  });

  it('prints help and version', () => {
    expect(parse('--version')).toEqual({ command: 'print', text: '1.2.3\n' });
    expect(parse('run --help')).toMatchObject({
      command: 'print',
      text: expect.stringContaining('--batch <list>'),
    });
  });

  it.each([
    ...['', 'run', 'ab', 'compare', 'report', 'inspect', 'engines', 'setup', 'setup tensorflow', 'schema'],
  ])('prints help for "%s" that fits 80 columns', (command) => {
    const { text } = parse(`${command} --help`) as { text: string };
    expect(text.split('\n').filter((line) => [...line].length > 80)).toEqual([]);
  });

  it.each(['run', 'ab', 'compare'] as const)('ends the help of %s with three valid examples', (name) => {
    const { text } = parse(`${name} --help`) as { text: string };
    expect(text.trimEnd().endsWith(examplesText(name).trimEnd())).toBe(true);
    expect(EXAMPLES[name]).toHaveLength(3);
    for (const { line } of EXAMPLES[name])
      expect(parse(line.replace('pinbench ', '').replaceAll("'", '')), line).toMatchObject({
        command: name,
      });
  });

  it('lists exactly the existing commands in --help', () => {
    const { text } = parse('--help') as { text: string };
    const commands = [...text.matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name);
    expect(commands).toEqual([
      ...['run', 'ab', 'compare', 'report', 'inspect', 'engines', 'setup', 'schema', 'help'],
    ]);
  });

  it('reads report, inspect, engines and schema', () => {
    expect(parse('report r.json --format csv -o out.csv')).toMatchObject({
      ...{ command: 'report', records: ['r.json'], output: { format: 'csv', path: 'out.csv' } },
    });
    expect(parse('report a.json b.json')).toMatchObject({ records: ['a.json', 'b.json'] });
    expect(parse('inspect a.npy --json')).toMatchObject({ command: 'inspect', file: 'a.npy', json: true });
    expect(parse('engines')).toMatchObject({ command: 'engines', json: false });
    expect(parse('schema')).toMatchObject({ command: 'schema', of: 'record' });
    expect(parse('schema compare')).toMatchObject({ command: 'schema', of: 'compare' });
  });

  it('reads compare and ab, with their defaults', () => {
    const how = { thresholdPercent: 5, failOn: ['regression', 'missing'], format: 'table' };
    expect(parse('compare a b c')).toMatchObject({
      ...{ command: 'compare', bases: ['a', 'b'], head: 'c', metric: 'step', ignoreDevice: false, ...how },
    });
    expect(parse('compare a b --fail-on none --threshold 2 --ignore-device')).toMatchObject({
      ...{ failOn: [], thresholdPercent: 2, ignoreDevice: true },
    });
    expect(parse('ab a b -- c.npy -b 2')).toMatchObject({
      ...{ command: 'ab', base: 'a', head: 'b', args: ['c.npy', '-b', '2'], budgetNs: 120e9, ...how },
    });
    expect(parse('ab a b c.npy')).toMatchObject({ args: ['c.npy'] });
    expect(parse('ab a b --pairs 7 --budget 10m --fail-on inconclusive -- c.npy')).toMatchObject({
      ...{ pairs: 7, budgetNs: 600e9, failOn: ['inconclusive'] },
    });
  });
});
