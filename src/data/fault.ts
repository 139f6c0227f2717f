import { dataError, type ErrorParts } from '../errors.js';

type Rest = Omit<ErrorParts, 'subject' | 'observed'>;

/** What is wrong with the contents of a data file, said by those who read them: whose they are is added by `whose`. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly observed: string;
  readonly rest: Rest;

  constructor(observed: string, rest: Rest = {}) {
    super(observed, rest.cause === undefined ? undefined : { cause: rest.cause });
    this.observed = observed;
    this.rest = rest;
  }
}

/** Runs what reads the file at `path`: a fault in it becomes a data error about that file. */
export async function whose<T>(path: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw error instanceof Fault ? dataError(path, error.observed, error.rest) : error;
  }
}
