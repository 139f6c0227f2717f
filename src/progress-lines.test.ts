import { describe, expect, it, vi } from 'vitest';
import type { Phase } from './measure/progress.js';
import { VirtualClock } from './measure/testing/fake-engine.js';
import { plansOf } from './plan/plan.js';
import { ProgressLines } from './progress-lines.js';
import { settingsOf } from './settings.js';

const [plan] = plansOf({ rows: 60_000, cols: 3, dtype: 'float32' }, settingsOf({ batch: 64 })).plans;
const phase: Phase = {
  ...{ engine: 'cuda', strategy: 'feed', plan: plan!, phase: 'measure', caseNumber: 3, cases: 17 },
  ...{ round: 12, rounds: 20, leftNs: 100e9 },
};

/** Reports progress every `stepSeconds` for `seconds` seconds. Returns the written lines and their times in seconds. */
function written(seconds: number, stepSeconds: number, tell: (lines: ProgressLines, at: number) => void) {
  const clock = new VirtualClock();
  // The command begins some time after the clock started.
  clock.advance(5e9);
  const texts: string[] = [];
  const atSeconds: number[] = [];
  let at = 0;
  const log = {
    write(text: string) {
      texts.push(text);
      atSeconds.push(at);
      return true;
    },
  };
  const lines = new ProgressLines(log as NodeJS.WriteStream, clock);
  for (; at <= seconds; at += stepSeconds) {
    tell(lines, at);
    clock.advance(stepSeconds * 1e9);
  }
  lines.stop();
  return { texts, atSeconds };
}

describe('progress in a log', () => {
  it('is a plain line without control characters except its end', () => {
    const { texts } = written(30, 10, (lines) => lines.phase(phase));
    expect(texts).toEqual([
      'pinbench: case 3 of 17 · feed · round 12 of 20 · 1m40 left in all · cuda, batch 64\n',
    ]);
    expect(texts[0]!.slice(0, -1)).not.toMatch(/\p{Cc}/u);
  });

  it('is absent in a run of less than 30 s', () => {
    expect(written(29.9, 0.1, (lines) => lines.phase(phase)).texts).toEqual([]);
  });

  it('is a line at most every 30 s, the first after 30 s', () => {
    const { atSeconds } = written(100, 0.5, (lines) => lines.phase(phase));
    expect(atSeconds).toEqual([30, 60, 90]);
    // With rare reports a line is late, and missed lines are not caught up.
    expect(written(200, 40, (lines) => lines.phase(phase)).atSeconds).toEqual([40, 80, 120, 160, 200]);
  });

  it('is shown while a large file is loaded and while it is then measured', () => {
    const gib = 2 ** 30;
    const { texts } = written(60, 1, (lines, at) =>
      at <= 40 ? lines.loading(at * gib, 40 * gib) : lines.phase(phase),
    );
    expect(texts).toEqual([
      'pinbench: loading 75 % · 30.0 GiB of 40.0 GiB · 10 s left to load\n',
      expect.stringMatching(/^pinbench: case 3 of 17 · /),
    ]);
  });

  it('is not written by a timer', () => {
    vi.useFakeTimers();
    const clock = new VirtualClock();
    const write = vi.fn();
    const lines = new ProgressLines({ write }, clock);
    lines.phase(phase);
    clock.advance(60e9);
    vi.advanceTimersByTime(60_000);
    expect(write).not.toHaveBeenCalled();
    lines.phase(phase);
    expect(write).toHaveBeenCalledOnce();
    vi.useRealTimers();
  });
});
