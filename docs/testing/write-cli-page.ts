// Writes docs/cli.md from the declarations of the command line.
//   npm run docs:cli
import { writeFileSync } from 'node:fs';
import { cliPage } from './cli-page.js';

writeFileSync('docs/cli.md', cliPage());
