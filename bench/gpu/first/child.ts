// A program in a process group of its own, so that all that it starts ends with it.
import { spawn } from 'node:child_process';
import process from 'node:process';

/** From the request to end to the kill, and from there to when it is given up; ms. */
const [UNTIL_KILL, UNTIL_GIVEN_UP] = [2000, 3000];
/** What is still in the pipes of a program that has ended is read by then, unless others hold them open; ms. */
const PIPES_GRACE = 1000;

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** How a program ended; neither a code nor a signal where even SIGKILL did not end it in time. */
export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Time until the program itself ended. */
  readonly seconds: number;
  /** Whether processes that it had started went on and held its output open. They are ended. */
  readonly leftOthers: boolean;
}

/**
 * Runs a program until it ends or `ending` asks it to: by SIGTERM, then by SIGKILL, each to its whole group. Resolves soon after
 * either, whoever still holds the pipes. Rejects where it cannot be started.
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
    // However this process ends, the group does not outlive it.
    process.prependListener('exit', kill);
    if (ending.aborted) end();
    else ending.addEventListener('abort', end);
  });
}

/** A group that has ended already, or that this user may not end, is left alone. */
function signalGroup(leader: number | undefined, signal: NodeJS.Signals): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, signal);
  } catch {}
}
