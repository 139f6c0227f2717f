/**
 * What pinbench sees of the process it runs in. Only `terminal.ts` looks at the process; whoever needs something of it is given
 * this.
 */
export interface Surroundings {
  /** The environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Version of Node, such as `v20.20.2`. */
  readonly nodeVersion: string;
  /** Path of the program that runs this process. */
  readonly nodePath: string;
  /** Whether native libraries may print to standard error by themselves. */
  readonly showsNativeOutput: boolean;
  /** Whether packages that only the working folder has may be loaded: `run` alone does so. */
  readonly loadsForeignCode: boolean;
  /** The working directory; throws where it has been removed. */
  readonly cwd: () => string;
  /** What is piped into the process. */
  readonly standardInput: () => NodeJS.ReadStream;
  /** Memory of the host that the process may still take: a container's limit counts, and files that are only cached are free. */
  readonly availableMemoryBytes: () => number;
  /** Sets an environment variable of the process itself, which is where native libraries read it. */
  readonly setVariable: (name: string, value: string) => void;
}
