import cliProgress from 'cli-progress';
import type { Phase, Progress } from './measure/progress.js';

/** The bar is drawn at most so often, and only when told to: never by a timer, which could fire inside a timed block. */
const REDRAW_MS = 80;
/** The longest timer there is; cli-progress cannot be told to have none. */
const NEVER_FPS = 1000 / (2 ** 31 - 1);

/** A progress bar on a terminal: one for loading, one for each case that is measured. */
export class ProgressBar implements Progress {
  readonly #stream: NodeJS.WriteStream;
  #bar: cliProgress.SingleBar | undefined;
  #title = '';
  #drawnMs = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  loading(doneBytes: number, totalBytes: number): void {
    this.#update('loading', doneBytes, totalBytes, `${((doneBytes / totalBytes) * 100).toFixed(0)} %`);
  }

  fetching(doneBytes: number, totalBytes: number, what: string): void {
    this.#update('fetching', doneBytes, totalBytes, what);
  }

  phase({ engine, strategy, plan, phase, done = 0 }: Phase): void {
    const title = `${engine}, batch ${plan.batch}${plan.work > 1 ? `, work ${plan.work}` : ''}`;
    this.#update(title, Math.round(done * 100), 100, `${strategy}, ${phase}`);
  }

  /** Removes the bar, leaving the terminal as it was. */
  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  #update(title: string, done: number, total: number, detail: string): void {
    if (title !== this.#title) {
      this.stop();
      this.#title = title;
    }
    const payload = { title, detail };
    if (this.#bar === undefined) {
      this.#bar = new cliProgress.SingleBar(
        {
          stream: this.#stream,
          format: '{title} {bar} {detail} · {eta_formatted} left',
          barsize: 24,
          fps: NEVER_FPS,
          clearOnComplete: true,
          hideCursor: true,
          // Ctrl-C is the run's to handle: it stops the bar itself.
          gracefulExit: false,
        },
        cliProgress.Presets.shades_classic,
      );
      this.#bar.start(total, done, payload);
      this.#drawnMs = Date.now();
      return;
    }
    this.#bar.setTotal(total);
    this.#bar.update(done, payload);
    if (Date.now() - this.#drawnMs < REDRAW_MS) return;
    this.#bar.render();
    this.#drawnMs = Date.now();
  }
}
