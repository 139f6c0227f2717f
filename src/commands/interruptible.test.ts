import { describe, expect, it } from 'vitest';
import { ProgressBar } from '../progress-bar.js';
import { ProgressLines } from '../progress-lines.js';
import { surroundingsOfProcess, type Terminal } from '../terminal.js';
import { interruptible } from './interruptible.js';

/** A terminal with the members that `interruptible` uses; `written` is what was written to it. */
function terminalOf(isTTY: boolean, env: Record<string, string>) {
  const written: string[] = [];
  const undos = new Set<() => void>();
  const stderr = { isTTY, columns: 80, write: (text: string) => written.push(text) > 0 };
  const terminal = {
    stdout: stderr,
    stderr,
    surroundings: { ...surroundingsOfProcess(), env },
    onInterrupt: () => () => {},
    undoAtExit(undo: () => void) {
      undos.add(undo);
      return () => undos.delete(undo) && undo();
    },
  } as unknown as Terminal;
  return { terminal, written, undos };
}

const SHOW_CURSOR = '\x1b[?25h';

describe('progress of a command', () => {
  it.each<[string, boolean, Record<string, string>, unknown]>([
    ['a terminal', true, { TERM: 'xterm' }, ProgressBar],
    ['a pipe', false, { TERM: 'xterm' }, ProgressLines],
    ['a terminal that cannot draw', true, { TERM: 'dumb' }, ProgressLines],
    ['a terminal in CI, which nobody watches', true, { TERM: 'xterm', CI: 'true' }, ProgressLines],
  ])('on %s has the suitable display', async (_, isTTY, env, display) => {
    const { terminal } = terminalOf(isTTY, env);
    await interruptible(terminal, true, async ({ progress }) => {
      expect(progress).toBeInstanceOf(display);
    });
  });

  it('is not shown if it is not wanted', async () => {
    const { terminal, undos } = terminalOf(true, { TERM: 'xterm' });
    await interruptible(terminal, false, async ({ progress }) => {
      expect(progress).toBeUndefined();
    });
    expect(undos.size).toBe(0);
  });

  it.each(['ends', 'throws'])('is removed if the work %s', async (how) => {
    const { terminal, written, undos } = terminalOf(true, { TERM: 'xterm' });
    const working = interruptible(terminal, true, async ({ progress }) => {
      progress!.loading(1, 2);
      // A process that ends here runs this undo.
      expect(undos.size).toBe(1);
      if (how === 'throws') throw new Error('no such file');
    }).catch((error: unknown) => error);
    expect(await working).toEqual(how === 'throws' ? new Error('no such file') : undefined);
    expect(written).toHaveLength(2);
    expect(written.at(-1)).toContain(SHOW_CURSOR);
    expect(undos.size).toBe(0);
  });

  it('writes nothing to a log if the work is short', async () => {
    const { terminal, written } = terminalOf(false, {});
    await interruptible(terminal, true, async ({ progress }) => progress!.loading(1, 2));
    expect(written).toEqual([]);
  });
});
