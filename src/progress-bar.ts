import type { Clock } from './measure/clock.js';
import { ProgressDisplay } from './progress-display.js';
import { lineOf, type Part } from './progress-words.js';

const REDRAW_NS = 80e6;
/** Columns of a terminal that does not say how wide it is. */
const USUAL_COLUMNS = 80;
const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
const ERASE_REST = '\x1b[K';

/** What it needs of the standard error of a terminal. */
type Screen = Pick<NodeJS.WriteStream, 'columns' | 'write'>;

/** Progress on a terminal: one line, drawn over itself, which is gone in the end. */
export class ProgressBar extends ProgressDisplay {
  readonly #screen: Screen;
  #isDrawn = false;

  constructor(screen: Screen, clock?: Clock) {
    super(REDRAW_NS, 0, clock);
    this.#screen = screen;
  }

  stop(): void {
    if (!this.#isDrawn) return;
    this.#isDrawn = false;
    this.#screen.write(`\r${ERASE_REST}${SHOW_CURSOR}`);
  }

  protected show(parts: readonly Part[]): void {
    // Some terminals go to the next line as soon as the last column is written. A pseudo-terminal may say 0.
    const width = (this.#screen.columns || USUAL_COLUMNS) - 1;
    this.#screen.write(`${this.#isDrawn ? '' : HIDE_CURSOR}\r${lineOf(parts, width)}${ERASE_REST}`);
    this.#isDrawn = true;
  }
}
