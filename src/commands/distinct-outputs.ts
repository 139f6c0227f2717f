import { fstatSync, type Stats, statSync } from 'node:fs';
import { usageError } from '../errors.js';
import { identityOf, type OutputFile } from './output-file.js';

/** The identity of an input file; undefined if there is no such file. Standard input is `-`. */
function identityOfInput(path: string): string | undefined {
  return identityOfFile(() => (path === '-' ? fstatSync(0) : statSync(path)));
}

/** The identity of a regular file; undefined for a terminal, a pipe or a device, and if the lookup fails. */
function identityOfFile(lookUp: () => Stats): string | undefined {
  try {
    const stats = lookUp();
    return stats.isFile() ? identityOf(stats) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Throws a usage error if an output would overwrite an input, another output, or the file to which the shell redirects standard
 * output or standard error. An output without a file goes to standard output.
 */
export function mustBeDistinct(
  outputs: readonly (OutputFile | undefined)[],
  inputs: readonly string[],
): void {
  const taken = new Map<string | undefined, string>();
  for (const [descriptor, name] of STREAMS) {
    taken.set(
      identityOfFile(() => fstatSync(descriptor)),
      fileOf(name),
    );
  }
  taken.delete(undefined);
  for (const input of inputs) {
    const identity = identityOfInput(input);
    if (identity === undefined) continue;
    const name = input === '-' ? 'standard input' : `the input ${input}`;
    const stream = STREAMS.find(([, stream]) => taken.get(identity) === fileOf(stream));
    if (stream !== undefined)
      throw usageError(stream[1], `it is redirected to ${name}`, { remedy: 'redirect it to another file' });
    taken.set(identity, name);
  }
  let stdout: string | undefined;
  for (const output of outputs) {
    const descriptor = output === undefined ? 1 : descriptorOf(output);
    if (descriptor === 1) {
      const path = output?.path ?? '-';
      if (stdout !== undefined) {
        throw usageError(path, `it is standard output, which the output ${stdout} already uses`, {
          expected: 'a different file for each output',
        });
      }
      stdout = path;
    }
    // Writing to a pipe or a device overwrites nothing; writing to a standard stream overwrites nothing unless it is the input.
    if (output === undefined || output.kind === 'written to') continue;
    const other = taken.get(output.identity);
    const isStream = descriptor === 1 || descriptor === 2;
    if (other !== undefined && !(isStream && STREAMS.some(([, name]) => other === fileOf(name)))) {
      throw usageError(output.path, `it would overwrite ${other}`, {
        expected: 'a different file for each output',
      });
    }
    taken.set(output.identity, `the other output ${output.path}`);
  }
}

const STREAMS = [
  [1, 'standard output'],
  [2, 'standard error'],
] as const;

function fileOf(stream: string): string {
  return `the file that ${stream} goes to`;
}

function descriptorOf({ kind }: OutputFile): number | undefined {
  return typeof kind === 'string' ? undefined : kind.descriptor;
}
