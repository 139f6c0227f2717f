import process from 'node:process';
import { EXIT } from '../../src/errors.js';

/** Does what a program cannot do without; where it fails, one sentence on standard error and exit 2. */
export function must<T>(program: string, subject: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    process.stderr.write(`${program}: ${subject}: ${(error as Error).message}\n`);
    process.exit(EXIT.usage);
  }
}
