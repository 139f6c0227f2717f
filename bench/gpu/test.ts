// The engine's test suite on the CUDA driver of this machine. Run it as a bundle: see bundle.mjs.
//   node test.mjs [--small]    without --small, also mini-batches of tens of megabytes
// Exits 0 if every case passed, 1 if one failed, 4 if there is no CUDA device.
import { argv, exit } from 'node:process';
import { cudaEngineIn } from '../../src/engine/cuda/engine.js';
import { CASES, LARGE_CASES } from '../../src/engine/cuda/testing/suite.js';
import { surroundingsOfProcess } from '../../src/terminal.js';
import { runCases } from './cases.js';
import { openFirst } from './device.js';

const cudaEngine = cudaEngineIn(surroundingsOfProcess());
const device = await openFirst(cudaEngine);
const { name, runtime, computeCapability } = device.info;
console.log(`${name}, compute capability ${computeCapability}, ${runtime}`);

const cases = argv.includes('--small') ? CASES : [...CASES, ...LARGE_CASES];
const { passed, failed } = await runCases(cases, device, () => cudaEngine.open(0), console.log);
console.log(`${passed} passed, ${failed} failed`);
exit(failed > 0 ? 1 : 0);
