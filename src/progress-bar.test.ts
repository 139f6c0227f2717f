import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Phase } from './measure/progress.js';
import { VirtualClock } from './measure/testing/fake-engine.js';
import { plansOf } from './plan/plan.js';
import { ProgressBar } from './progress-bar.js';
import { settingsOf } from './settings.js';

const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
const ERASE_REST = '\x1b[K';

const [plan] = plansOf({ rows: 60_000, cols: 3, dtype: 'float32' }, settingsOf({ batch: 64 })).plans;
const round = (number: number): Phase => ({
  ...{ engine: 'cpu', strategy: 'feed', plan: plan!, phase: 'measure', caseNumber: 3, cases: 17 },
  ...{ round: number, rounds: 20, leftNs: 100e9 },
});
const LINE = (number: number) => `case 3 of 17 · feed · round ${number} of 20 · 1m40 left in all`;

/** A terminal that keeps what is written to it, and its clock. */
function screenOf(columns: number) {
  const clock = new VirtualClock();
  const written: string[] = [];
  const screen = {
    columns,
    write(text: string) {
      written.push(text);
      return true;
    },
  };
  return { clock, written, screen, bar: new ProgressBar(screen as NodeJS.WriteStream, clock) };
}

describe('the progress bar', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is one line that is redrawn in place, with the cursor hidden once and shown at the end', () => {
    const { clock, written, bar } = screenOf(60);
    bar.phase(round(1));
    clock.advance(100e6);
    bar.phase(round(2));
    bar.stop();
    expect(written).toEqual([
      `${HIDE_CURSOR}\r${LINE(1)}${ERASE_REST}`,
      `\r${LINE(2)}${ERASE_REST}`,
      `\r${ERASE_REST}${SHOW_CURSOR}`,
    ]);
  });

  it('is drawn immediately and then at most every 80 ms, with the latest report', () => {
    const { clock, written, bar } = screenOf(60);
    // A block lasts 10 ms.
    for (let number = 1; number <= 20; number++) {
      bar.phase(round(number));
      clock.advance(10e6);
    }
    expect(written.map((text) => /round \d+/.exec(text)![0])).toEqual(['round 1', 'round 9', 'round 17']);
  });

  it('is never drawn by a timer', () => {
    const { clock, written, bar } = screenOf(60);
    bar.loading(1, 10);
    bar.phase(round(1));
    expect(vi.getTimerCount()).toBe(0);
    clock.advance(10e9);
    vi.advanceTimersByTime(10_000);
    expect(written).toHaveLength(1);
  });

  it('never reaches the last column, even if the terminal is or becomes narrow', () => {
    const { clock, written, screen, bar } = screenOf(120);
    for (const columns of [120, 60, 59, 40, 20, 10, 2, 1]) {
      screen.columns = columns;
      clock.advance(100e6);
      bar.phase(round(12));
      const line = written.at(-1)!.replace(HIDE_CURSOR, '').replace('\r', '').replace(ERASE_REST, '');
      expect(line.length).toBeLessThan(columns);
      expect(line).not.toMatch(/\p{Cc}/u);
    }
    expect(written.join('')).not.toContain('\n');
  });

  it.each([0, undefined])('treats a terminal that reports %s columns as 80 columns wide', (columns) => {
    const { written, bar } = screenOf(columns as number);
    bar.phase({ ...round(12), engine: 'tensorflow' });
    expect(written[0]).toContain(`${LINE(12)} · tensorflow, batch 64${ERASE_REST}`);
    const narrow = screenOf(columns as number);
    narrow.bar.phase({ ...round(12), engine: 'tensorflow', plan: { ...plan!, work: 8 } });
    expect(narrow.written[0]).toContain(`${LINE(12)}${ERASE_REST}`);
  });

  it('writes nothing at the end if nothing was drawn or the line is already erased', () => {
    const { written, bar } = screenOf(60);
    bar.stop();
    expect(written).toEqual([]);
    bar.phase(round(1));
    bar.stop();
    bar.stop();
    expect(written).toHaveLength(2);
  });

  it('hides the cursor again if it is drawn after it was erased', () => {
    const { clock, written, bar } = screenOf(60);
    bar.phase(round(1));
    bar.stop();
    clock.advance(100e6);
    bar.phase(round(2));
    expect(written.at(-1)).toBe(`${HIDE_CURSOR}\r${LINE(2)}${ERASE_REST}`);
  });

  it('shows loading and fetching, with the time left from the first second on', () => {
    const { clock, written, bar } = screenOf(100);
    const shown = () => written.at(-1)!.split('\r')[1]!.replace(ERASE_REST, '');
    bar.loading(100 * 2 ** 20, 400 * 2 ** 20);
    expect(shown()).toBe('loading 25 % · 100 MiB of 400 MiB');
    clock.advance(0.5e9);
    bar.loading(150 * 2 ** 20, 400 * 2 ** 20);
    expect(shown()).toBe('loading 37 % · 150 MiB of 400 MiB');
    clock.advance(1.5e9);
    bar.loading(200 * 2 ** 20, 400 * 2 ** 20);
    expect(shown()).toBe('loading 50 % · 200 MiB of 400 MiB · 4 s left to load');
    clock.advance(4e9);
    bar.loading(400 * 2 ** 20, 400 * 2 ** 20);
    expect(shown()).toBe('loading 100 % · 400 MiB of 400 MiB · 0 s left to load');

    const other = screenOf(100);
    for (const seconds of [0, 2]) {
      other.bar.fetching(seconds * 30 * 2 ** 20, 600 * 2 ** 20, 'tensorflow==2.20.0');
      other.clock.advance(2e9);
    }
    expect(other.written.at(-1)).toContain(
      'fetching 10 % · 60.0 MiB of 600 MiB · 18 s left to fetch · tensorflow==2.20.0',
    );
  });

  it('shows no time left for a stalled transfer', () => {
    const { clock, written, bar } = screenOf(100);
    bar.fetching(0, 600, 'tensorflow==2.20.0');
    clock.advance(60e9);
    bar.fetching(0, 600, 'tensorflow==2.20.0');
    expect(written.at(-1)).toContain(`\rfetching 0 % · 0 B of 600 B · tensorflow==2.20.0${ERASE_REST}`);
  });
});
