import { dataError, type ErrorParts } from '../errors.js';

type Rest = Omit<ErrorParts, 'subject' | 'observed'>;

/** A fault in the contents of a data file. The readers that throw it do not know the file's path; `asDataError` adds it. */
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

/** Runs `read` and turns a fault that it throws into a data error about the file at `path`. */
export async function asDataError<T>(path: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw error instanceof Fault ? dataError(path, error.observed, error.rest) : error;
  }
}
