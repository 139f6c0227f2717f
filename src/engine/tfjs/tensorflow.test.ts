import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Orders } from '../../plan/order.js';
import { strategiesNamed } from '../../plan/strategy.js';
import { type MeasuredResult, recordSchema } from '../../record/schema.js';
import { surroundingsOfProcess } from '../../terminal.js';
import type { StrategyName } from '../../words.js';
import { datasetOf, planOf } from '../cuda/testing/verify.js';
import type { Device } from '../engine.js';
import { importOptional } from './optional-package.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const DATA = join(ROOT, 'fixtures/data.npy');
/** The folder that `pinbench setup tensorflow --cpu` made; .ci/tensorflow sets the variable. */
const folder = env.PINBENCH_TEST_TENSORFLOW;
const node24 = env.PINBENCH_TEST_NODE24;

const scratch = mkdtempSync(join(tmpdir(), 'pinbench-tensorflow-'));
afterAll(() => rmSync(scratch, { recursive: true }));

function pinbench(args: readonly string[], more: NodeJS.ProcessEnv = {}, node = execPath) {
  const whole = { ...env, PINBENCH_TENSORFLOW_DIR: folder ?? join(scratch, 'none'), ...more };
  return spawnSync(node, [join(ROOT, 'bin/pinbench.js'), ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    env: whole,
  });
}

describe('the tensorflow engine, without TensorFlow', () => {
  it('says that the package is not installed and which command builds it, and exits 4', () => {
    const { status, stderr } = pinbench(['run', DATA, '-b', '2', '--engine', 'tensorflow'], {
      PINBENCH_TENSORFLOW_DIR: join(scratch, 'none'),
    });
    expect(status).toBe(4);
    expect(stderr).toMatch(/^pinbench: engine tensorflow: .*not installed; run pinbench setup tensorflow\n$/);
  });
});

describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('pinbench setup tensorflow', () => {
  const setup = (target: string, more: NodeJS.ProcessEnv = {}) =>
    pinbench(['setup', 'tensorflow', '--cpu', '--dir', target], more);

  it.each([
    ['npm', 'install npm'],
    ['python3', 'install python3 with pip'],
    ['g++', 'install a C++ compiler'],
  ])('says in one line that it needs %s, before it downloads anything', (tool, remedy) => {
    const tools = join(scratch, `without-${tool}`);
    spawnSync('mkdir', ['-p', tools]);
    for (const other of ['npm', 'python3', 'g++'].filter((name) => name !== tool)) {
      spawnSync('ln', ['-s', '/bin/true', join(tools, other)]);
    }
    const { status, stdout, stderr } = setup(join(scratch, 'never'), { PATH: tools });
    expect([status, stdout]).toEqual([4, '']);
    expect(stderr).toMatch(/^pinbench: [^\n]+ not found; [^\n]+\n$/);
    expect(stderr).toContain(remedy);
    expect(existsSync(join(scratch, 'never'))).toBe(false);
  });

  it('leaves no files behind if a step fails, prints one line and exits 4', () => {
    const tools = join(scratch, 'failing');
    spawnSync('mkdir', ['-p', tools]);
    for (const tool of ['python3', 'g++']) spawnSync('ln', ['-s', '/bin/true', join(tools, tool)]);
    const npm = '#!/bin/sh\n[ "$1" = --version ] || { echo "npm error network unreachable" >&2; exit 1; }\n';
    writeFileSync(join(tools, 'npm'), npm, { mode: 0o755 });
    const target = join(scratch, 'half');
    const { status, stderr } = setup(target, { PATH: `${tools}:/bin:/usr/bin` });
    expect([status, stderr.split('\n').length]).toEqual([4, 2]);
    expect(stderr).toMatch(/^pinbench: npm ci: npm error network unreachable; nothing was left behind/);
    expect(readdirSync(scratch).filter((name) => name.startsWith('half'))).toEqual([]);
  });

  it('refuses a folder that it did not set up', () => {
    const target = join(scratch, 'theirs');
    spawnSync('mkdir', ['-p', target]);
    writeFileSync(join(target, 'thesis.txt'), 'years of work');
    const { status, stderr } = setup(target);
    expect(status).toBe(2);
    expect(stderr).toMatch(/a folder that pinbench did not set up/);
    expect(readdirSync(target)).toEqual(['thesis.txt']);
  });
});

const onTensorFlow = describe.skipIf(folder === undefined);

onTensorFlow('the tensorflow engine, on TensorFlow (run by .ci/tensorflow)', () => {
  it.each([
    ['this Node', execPath],
    ['Node 24', node24 ?? execPath],
  ])('verifies feed and pin on %s, and TensorFlow prints nothing', (_, node) => {
    const args = ['run', DATA, '-b', '2', '-e', '6', '--engine', 'tensorflow', '--json', '-'];
    const { status, stdout, stderr } = pinbench(args, {}, node);
    expect([status, stderr]).toEqual([0, '']);
    const record = recordSchema.parse(JSON.parse(stdout));
    expect((record.results as MeasuredResult[]).map((r) => [r.strategy, r.epochSum, r.verified])).toEqual([
      ['feed', 8555, true],
      ['pin', 8555, true],
    ]);
    expect(record.environment.devices[0]).toMatchObject({ name: 'TensorFlow on CPU', gpu: false });
    expect(record.warnings).toContainEqual(expect.objectContaining({ code: 'copying-slice', rowBytes: 12 }));
  });

  it('is not chosen by auto without a GPU, and shares a table with cpu', () => {
    const auto = recordSchema.parse(
      JSON.parse(pinbench(['run', DATA, '-b', '2', '-e', '1', '--json', '-']).stdout),
    );
    expect(auto.environment.devices.map(({ engine }) => engine)).toEqual(['cpu']);
    const args = ['run', DATA, '-b', '2', '-e', '6', '--engine', 'cpu,tensorflow', '--json', '-'];
    const { status, stdout, stderr } = pinbench(args);
    expect([status, stderr]).toEqual([0, '']);
    const { results } = recordSchema.parse(JSON.parse(stdout));
    expect(results.map((r) => `${r.engine} ${r.strategy} ${r.status}`).sort()).toEqual([
      ...['cpu feed measured', 'cpu pin measured', 'tensorflow feed measured', 'tensorflow pin measured'],
    ]);
  });

  it('is found by a second setup, which downloads nothing', () => {
    const { status, stdout } = pinbench(['setup', 'tensorflow', '--cpu', '--dir', folder!]);
    expect([status, stdout]).toEqual([0, `${folder} is already set up\n`]);
  });
});

onTensorFlow('a session on TensorFlow', () => {
  type Binding = {
    createTensor: (shape: number[], dtype: number, values: unknown) => number;
    TF_FLOAT: number;
  };
  type Namespace = { memory(): { numTensors: number; numBytes: number }; backend(): { binding: Binding } };
  let device: Device;
  let tf: Namespace;
  beforeAll(async () => {
    const surroundings = {
      ...surroundingsOfProcess(),
      env: { ...env, PINBENCH_TENSORFLOW_DIR: folder },
    };
    const { TensorflowEngine } = await import('./tensorflow.js');
    device = await new TensorflowEngine(surroundings).open(0);
    const found = await importOptional('@tensorflow/tfjs-node-gpu', surroundings, [folder!]);
    tf = (found!.module as { default: Namespace }).default;
  });

  const prepared = async (name: StrategyName, rows: number) => {
    const dataset = datasetOf('float32', rows, 16);
    const plan = planOf(dataset, { batch: [2], shuffle: 'none', remainder: 'drop' });
    const session = await device.prepare(dataset, plan, strategiesNamed([name])[0]!);
    await session.setup();
    const steps = plan.stepsPerEpoch;
    const { order } = new Orders(plan).stretch(0, steps);
    const out = new Float64Array(steps);
    return { session, steps, epoch: async () => session.steps(order, 0, steps, out) };
  };

  it.each([
    ['feed', 1],
    ['pin', 0],
  ] as const)('makes, with %s, %i tensors of host data per step', async (name, perStep) => {
    const { session, steps, epoch } = await prepared(name, 200);
    const backend = tf.backend();
    const { binding } = backend;
    let created = 0;
    const createTensor: Binding['createTensor'] = (shape, dtype, values) => {
      // The begin and size of a slice are integer tensors, which stay on the host.
      if (dtype === binding.TF_FLOAT) created++;
      return binding.createTensor(shape, dtype, values);
    };
    backend.binding = Object.create(binding, { createTensor: { value: createTensor } });
    try {
      await epoch();
    } finally {
      backend.binding = binding;
    }
    expect(created).toBe(perStep * steps);
    await session[Symbol.asyncDispose]();
  });

  it.each(['feed', 'pin'] as const)('leaks no tensor and no byte over 10,000 steps of %s', async (name) => {
    const { session, steps, epoch } = await prepared(name, 2000);
    const before = tf.memory();
    for (let done = 0; done < 10_000; done += steps) await epoch();
    expect(tf.memory()).toMatchObject({ numTensors: before.numTensors, numBytes: before.numBytes });
    await session[Symbol.asyncDispose]();
  });
});
