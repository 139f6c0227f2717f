#!/usr/bin/env node
import { explain, main } from '../dist/main.js';

// Node's own exit code for an error that nothing caught is 1, which means a regression here.
process.on('uncaughtException', (error) =>
  process.exit(explain(error, process.argv.includes('--verbose'), process)),
);
process.exitCode = await main(process.argv.slice(2));
