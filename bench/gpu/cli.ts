// The whole program, as bin/pinbench.js is, in one file. Run as a bundle: see bundle.mjs.
import process from 'node:process';
import { main } from '../../src/main.js';

process.exitCode = await main(process.argv.slice(2));
