import type { Clock } from './measure/clock.js';
import { ProgressDisplay } from './progress-display.js';
import { lineOf, type Part } from './progress-words.js';

const REDRAW_NS = 80e6;
/** Columns assumed for a terminal that does not report its width. */
const USUAL_COLUMNS = 80;
const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
const ERASE_REST = '\x1b[K';

/** The part of a terminal's standard error that the progress bar uses. */
type Screen = Pick<NodeJS.WriteStream, 'columns' | 'write'>;

/** Progress on a terminal: a single line that is redrawn in place and erased at the end. */
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
    // Some terminals wrap as soon as the last column is written. A pseudo-terminal may report 0 columns.
    const width = (this.#screen.columns || USUAL_COLUMNS) - 1;
    this.#screen.write(`${this.#isDrawn ? '' : HIDE_CURSOR}\r${lineOf(parts, width)}${ERASE_REST}`);
    this.#isDrawn = true;
  }
}
