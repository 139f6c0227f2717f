// The engine's whole suite on the CUDA driver of this machine. Run as a bundle: see bundle.mjs.
//   node test.mjs [--small]    without --small mini-batches of tens of megabytes too
// Exit 0 where all passed, 1 where one failed, 4 where there is no CUDA device.
import { argv, exit } from 'node:process';
import { cudaEngineIn } from '../../src/engine/cuda/engine.js';
import { CASES, LARGE_CASES } from '../../src/engine/cuda/testing/suite.js';
import { surroundingsOfProcess } from '../../src/terminal.js';

const cudaEngine = cudaEngineIn(surroundingsOfProcess());
const found = await cudaEngine.probe();
if (!found.available) {
  console.log(`no CUDA device: ${found.reason}; ${found.remedy}`);
  exit(4);
}
const { name, runtime, computeCapability } = found.devices[0]!;
console.log(`${name}, compute capability ${computeCapability}, ${runtime}`);

const cases = argv.includes('--small') ? CASES : [...CASES, ...LARGE_CASES];
let failed = 0;
// Each on a device opened anew where the one before left it lost.
let device = await cudaEngine.open(0);
for (const { name, run } of cases) {
  try {
    await run(device);
  } catch (error) {
    failed += 1;
    console.log(`failed: ${name}: ${error instanceof Error ? error.message : error}`);
    await device[Symbol.asyncDispose]();
    device = await cudaEngine.open(0);
  }
}
await device[Symbol.asyncDispose]();
console.log(`${cases.length - failed} passed, ${failed} failed`);
exit(failed > 0 ? 1 : 0);
