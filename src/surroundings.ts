/**
 * The parts of the process that pinbench uses. Only `terminal.ts` accesses the process itself; all other code receives this
 * interface.
 */
export interface Surroundings {
  /** The environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Version of Node, such as `v20.20.2`. */
  readonly nodeVersion: string;
  /** Path of the Node executable that runs this process. */
  readonly nodePath: string;
  /** Whether the output of native libraries on standard error is shown. */
  readonly showsNativeOutput: boolean;
  /** Whether packages that are installed only in the working folder may be loaded. Only `run` loads them. */
  readonly loadsForeignCode: boolean;
  /** The working directory. Throws if it has been removed. */
  readonly cwd: () => string;
  /** The standard input of the process. Throws `EISDIR` if it is a directory. */
  readonly standardInput: () => NodeJS.ReadStream;
  /** Host memory that the process can still allocate, bytes. A container's limit is included; cached files count as free. */
  readonly availableMemoryBytes: () => number;
  /**
   * Asks for permission to run, and waits for it: another process is measured in turns with this one. Resolves early if the signal
   * fires. Absent if this process has the machine to itself.
   */
  readonly turn?: (signal: AbortSignal | undefined) => Promise<void>;
  /** Sets an environment variable of the process itself, where native libraries read it. */
  readonly setVariable: (name: string, value: string) => void;
}
