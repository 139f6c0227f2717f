import process from 'node:process';
import { EXIT } from '../../src/errors.js';

/** Runs an essential step of a program. If it throws, prints one sentence to standard error and exits 2. */
export function must<T>(program: string, subject: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    process.stderr.write(`${program}: ${subject}: ${(error as Error).message}\n`);
    process.exit(EXIT.usage);
  }
}
