// The whole program in one file, equivalent to bin/pinbench.js. Run it as a bundle: see bundle.mjs.
import process from 'node:process';
import { main } from '../../src/main.js';

process.exitCode = await main(process.argv.slice(2));
