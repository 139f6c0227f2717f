// Compares the cost of the JavaScript loops with that of the same loops in C, both on a driver that does nothing. Needs gcc.
//   npm run bench:overhead
// Exits with 1 if a loop costs over 0.3 µs per step more than in C, if these extra costs of feed and pin differ by over 0.1 µs, or if a
// million steps leave over 1 MB of heap.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Table from 'cli-table3';
import { CudaEngine } from '../../dist/engine/cuda/engine.js';
import { loadLibrary } from '../../dist/engine/cuda/library.js';
import { sliceOrder } from '../../dist/plan/order.js';
import { plansOf } from '../../dist/plan/plan.js';
import { strategiesNamed } from '../../dist/plan/strategy.js';
import { settingsOf } from '../../dist/settings.js';
import { STRATEGIES } from '../../dist/words.js';

const STEPS = 50_000;
const ROUNDS = 40;
const LIMITS = { overC: 300, feedToPin: 100, heapBytes: 1e6 };

const here = fileURLToPath(new URL('.', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'pinbench-overhead-'));
const library = join(folder, 'libnull.so');
const loops = join(folder, 'loops');
const gcc = (...args) =>
  execFileSync('gcc', ['-std=gnu2x', '-O2', '-Wall', ...args], { cwd: here, stdio: 'inherit' });

try {
  gcc('-shared', '-fPIC', '-o', library, 'null_driver.c');
  gcc('-o', loops, 'loops.c', '-ldl');
  const failed = await compare();
  for (const line of failed) console.log(`over the limit: ${line}`);
  process.exitCode = failed.length > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true });
}

async function compare() {
  const values = new Float32Array(2 * STEPS * 3);
  const dataset = { path: 'memory', format: 'npy', dtype: 'float32', rows: 2 * STEPS, cols: 3, values };
  const [plan] = plansOf(dataset, settingsOf({ batch: 2, shuffle: 'none' })).plans;
  const device = await new CudaEngine(() => loadLibrary([library]), freemem).open(0);
  const order = sliceOrder(Int32Array.from({ length: STEPS }, (_, i) => i));
  const out = new Float64Array(STEPS);
  const best = new Map(STRATEGIES.map((name) => [name, { js: Infinity, c: Infinity, heapBytes: 0 }]));
  const sessions = new Map();
  for (const name of STRATEGIES) {
    const session = await device.prepare(dataset, plan, strategiesNamed([name])[0]);
    await session.setup();
    sessions.set(name, session);
  }
  // Side by side: each round runs every strategy here, then all of them in C.
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, session] of sessions) {
      const begin = process.hrtime.bigint();
      session.steps(order, 0, STEPS, out);
      const ns = Number(process.hrtime.bigint() - begin) / STEPS;
      best.get(name).js = Math.min(best.get(name).js, ns);
    }
    const lines = execFileSync(loops, [library, String(STEPS), '1'], { encoding: 'utf8' })
      .trim()
      .split('\n');
    for (const [name, ns] of lines.map((line) => line.split(' '))) {
      best.get(name).c = Math.min(best.get(name).c, Number(ns));
    }
  }
  for (const [name, session] of sessions) {
    globalThis.gc();
    const before = process.memoryUsage().heapUsed;
    for (let steps = 0; steps < 1e6; steps += STEPS) session.steps(order, 0, STEPS, out);
    globalThis.gc();
    best.get(name).heapBytes = process.memoryUsage().heapUsed - before;
  }
  for (const session of [...sessions.values()].reverse()) await session[Symbol.asyncDispose]();
  await device[Symbol.asyncDispose]();

  const table = new Table({
    head: ['ns per step', 'JavaScript', 'C', 'over C', 'heap after 10⁶ steps'],
    style: { head: [] },
  });
  const failed = [];
  const over = (name) => best.get(name).js - best.get(name).c;
  for (const [name, { js, c, heapBytes }] of best) {
    table.push([
      name,
      js.toFixed(1),
      c.toFixed(1),
      over(name).toFixed(1),
      `${(heapBytes / 1000).toFixed(1)} kB`,
    ]);
    if (c === Infinity) failed.push(`${name} has no loop in loops.c to be compared with`);
    else if (over(name) > LIMITS.overC)
      failed.push(`${name} costs ${over(name).toFixed(0)} ns per step more than in C`);
    if (heapBytes > LIMITS.heapBytes) failed.push(`${name} leaves ${heapBytes} bytes of heap`);
  }
  const apart = Math.abs(over('feed') - over('pin'));
  if (apart > LIMITS.feedToPin) failed.push(`feed and pin are ${apart.toFixed(0)} ns apart`);
  console.log(
    `${cpus()[0].model}, Node ${process.version}; the fastest of ${ROUNDS} rounds of ${STEPS} steps`,
  );
  console.log(table.toString());
  console.log(`what feed and pin cost over C differs by ${apart.toFixed(1)} ns`);
  return failed;
}
