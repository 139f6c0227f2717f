// Runs a program in its own process group, so that its child processes end with it.
import { spawn } from 'node:child_process';
import process from 'node:process';

/** Time from SIGTERM to SIGKILL, and from SIGKILL until the program is given up, in ms. */
const [UNTIL_KILL, UNTIL_GIVEN_UP] = [2000, 3000];
/**
 * How long to read the remaining output of a program that has ended; child processes may hold its pipes open for longer. In ms.
 */
const PIPES_GRACE = 1000;

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** How a program ended. Both `code` and `signal` are null if even SIGKILL did not end it in time. */
export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Time until the program itself ended, in seconds. */
  readonly seconds: number;
  /** Whether child processes kept running with its output open. They are killed. */
  readonly leftOthers: boolean;
}

/**
 * Runs a program until it ends or `ending` is aborted, which sends SIGTERM and later SIGKILL to its whole process group. Resolves
 * soon after it ends, even if other processes hold its pipes open. Rejects if it cannot be started.
 */
export function runChild(
  { command, args, env }: Command,
  ending: AbortSignal,
  hear: (text: string) => void,
): Promise<End> {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const child = spawn(command, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    const kill = () => signalGroup(child.pid, 'SIGKILL');
    const timers: NodeJS.Timeout[] = [];
    const later = (ms: number, what: () => void) => timers.push(setTimeout(what, ms));
    let ended: Omit<End, 'leftOthers'> | undefined;
    const leave = () => {
      for (const timer of timers) clearTimeout(timer);
      ending.removeEventListener('abort', end);
      process.off('exit', kill);
      kill();
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
    };
    const settle = (leftOthers: boolean) => {
      leave();
      const seconds = (performance.now() - begin) / 1000;
      resolve({ code: null, signal: null, seconds, ...ended, leftOthers });
    };
    const end = () => {
      signalGroup(child.pid, 'SIGTERM');
      later(UNTIL_KILL, () => {
        kill();
        later(UNTIL_GIVEN_UP, () => settle(false));
      });
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', hear);
    child.on('exit', (code, signal) => {
      ended = { code, signal, seconds: (performance.now() - begin) / 1000 };
      later(PIPES_GRACE, () => settle(true));
    });
    child.on('close', () => {
      if (ended !== undefined) settle(false);
    });
    child.on('error', (error) => {
      leave();
      reject(error);
    });
    // The group must not outlive this process, however that exits.
    process.prependListener('exit', kill);
    if (ending.aborted) end();
    else ending.addEventListener('abort', end);
  });
}

/** Signals a process group. Does nothing if it has already ended or this user may not signal it. */
function signalGroup(leader: number | undefined, signal: NodeJS.Signals): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, signal);
  } catch {}
}
