import Table from 'cli-table3';
import { markdownTable } from 'markdown-table';
import pc from 'picocolors';
import stringWidth from 'string-width';
import { printable } from '../text.js';
import { shortened, wrapped } from './fold.js';

/** The screen that text is printed on. */
export interface Screen {
  readonly color: boolean;
  /** Columns, at least 60. */
  readonly width: number;
  /** True for a terminal, false for a file or a pipe. */
  readonly watched: boolean;
}

/** The screen to assume if nothing is known about it. */
export const PLAIN: Screen = { color: false, width: 100, watched: false };

/** Spaces between columns. */
const GAP = 2;

/** A column of a table: its heading, the alignment of its cells, and the text of the cell for a row. */
export interface Column<Row> {
  readonly head: string;
  readonly align: 'left' | 'right';
  readonly cell: (row: Row) => string;
  /** If not all columns fit on a terminal, those with the highest number are dropped first; columns without a number never are. */
  readonly expendable?: number;
  /** Its shorter heading and cells, used if even the columns that are never dropped do not fit. */
  readonly brief?: Pick<Column<Row>, 'head' | 'cell'>;
  /** The colour of a cell on a terminal. */
  readonly colour?: (row: Row, paint: Paint) => (text: string) => string;
}

/** A column of text. */
export function left<Row>(head: string, cell: Column<Row>['cell']): Column<Row> {
  return { head, align: 'left', cell };
}

/** A column of figures. */
export function right<Row>(head: string, cell: Column<Row>['cell']): Column<Row> {
  return { head, align: 'right', cell };
}

type Paint = ReturnType<typeof pc.createColors>;

/** Rows of a table, and the heading above them. */
export interface Section<Row> {
  readonly heading?: string;
  readonly rows: readonly Row[];
}

/** cli-table3's characters for a table without borders. */
const BORDERLESS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: ' '.repeat(GAP),
} as const;

const UNPADDED = { 'padding-left': 0, 'padding-right': 0, head: [], border: [] };

/** One table of sections for a terminal, one line per row. */
export function tableForTerminal<Row>(
  all: readonly Column<Row>[],
  sections: readonly Section<Row>[],
  { color, width }: Screen,
): string {
  const paint = pc.createColors(color);
  const columns = fitting(
    all,
    sections.flatMap(({ rows }) => rows),
    width,
  );
  const cellOf = (row: Row, { cell, colour }: Column<Row>) => {
    const text = printable(cell(row));
    return colour === undefined ? text : colour(row, paint)(text);
  };
  const cells = sections.flatMap(({ rows }) =>
    rows.map((row) => columns.map((column) => cellOf(row, column))),
  );
  const [head, rule, ...lines] = linesOfTable(columns, cells, paint);
  const parts = sections.flatMap(({ heading, rows }) => [
    ...(heading === undefined ? [] : [paint.bold(shortened(printable(heading), width))]),
    ...lines.splice(0, rows.length),
  ]);
  return [head, rule, ...parts].join('\n');
}

/** Rows passed to cli-table3 at once: its run time grows with the square of their number. */
const ROWS_AT_ONCE = 50;

/** The heading line, the rule under it, and one line per row. */
function linesOfTable(
  columns: readonly Pick<Column<never>, 'head' | 'align'>[],
  cells: readonly string[][],
  paint: Paint,
): string[] {
  const head = columns.map((column) => paint.bold(column.head));
  const colWidths = head.map((text, i) =>
    cells.reduce((most, row) => Math.max(most, widthIn(row[i]!)), widthIn(text)),
  );
  const lines: string[] = [];
  for (let at = 0; at === 0 || at < cells.length; at += ROWS_AT_ONCE) {
    const table = new Table({
      chars: { ...BORDERLESS, mid: '─', 'mid-mid': '─'.repeat(GAP) },
      style: { ...UNPADDED, compact: true },
      ...(at === 0 && { head }),
      ...{ colWidths, colAligns: columns.map(({ align }) => align) },
    });
    table.push(...cells.slice(at, at + ROWS_AT_ONCE));
    lines.push(...trimmed(table.toString()).split('\n'));
  }
  return lines;
}

/** Text of characters that are one column wide each, as nearly all cells are: their width needs no lookup. */
const NARROW = /^[\u0020-\u007e\u00a1-\u00ac\u00ae-\u00ff\u2013\u2026]*$/;

/** Terminal columns that a text takes. */
function widthIn(text: string): number {
  return NARROW.test(text) ? text.length : stringWidth(text);
}

/** The columns without the most expendable ones, so that the widest row fits; if that is not enough, their brief forms. */
function fitting<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
): readonly Column<Row>[] {
  if (widthOf(columns, rows) <= width) return columns;
  const most = Math.max(...columns.map(({ expendable = 0 }) => expendable));
  if (most > 0) {
    const kept = columns.filter(({ expendable = 0 }) => expendable < most);
    return fitting(kept, rows, width);
  }
  return columns.map(({ brief, ...column }) => ({ ...column, ...brief }));
}

function widthOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): number {
  const widths = columns.map(({ head, cell }) =>
    rows.reduce((most, row) => Math.max(most, widthIn(printable(cell(row)))), widthIn(head)),
  );
  return widths.reduce((sum, width) => sum + GAP + width, -GAP);
}

/** The sections as a GitHub-flavoured Markdown table; the headings of the sections, if any, become its first column. */
export function tableForMarkdown<Row>(
  columns: readonly Column<Row>[],
  sections: readonly Section<Row>[],
  headingsHead = '',
): string {
  const headed = sections.some(({ heading }) => heading !== undefined);
  const lines = sections.flatMap(({ heading, rows }) =>
    rows.map((row) => [...(headed ? [heading ?? ''] : []), ...columns.map(({ cell }) => cell(row))]),
  );
  const head = [...(headed ? [headingsHead] : []), ...columns.map((column) => column.head)];
  const align = [...(headed ? ['left'] : []), ...columns.map((column) => column.align)];
  const inCell = (text: string) => escaped(printable(text));
  return markdownTable([head, ...lines.map((cells) => cells.map(inCell))], { align });
}

/** A labelled line under a table. */
export interface Line {
  readonly label:
    | 'base'
    | 'head'
    | 'device'
    | 'dataset'
    | 'left out'
    | 'plan'
    | 'cost'
    | 'harness'
    | 'skipped'
    | 'noise'
    | 'verdict'
    | 'note'
    | 'warning';
  readonly text: string;
}

const LABEL_WIDTH = 9;

/** Lines for a terminal, each text wrapped to the right of its label. */
export function linesForTerminal(lines: readonly Line[], { color, width }: Screen): string {
  const paint = pc.createColors(color);
  const indent = ' '.repeat(LABEL_WIDTH + GAP);
  return lines
    .map(({ label, text }) => {
      const emphasis = label === 'verdict' ? paint.bold : (said: string) => said;
      const said = wrapped(printable(text), width - indent.length)
        .map(printable)
        .map(emphasis);
      const padding = ' '.repeat(indent.length - label.length);
      const painted = label === 'warning' ? paint.yellow(label) : paint.dim(label);
      return `${painted}${padding}${said.join(`\n${indent}`)}\n`;
    })
    .join('');
}

/** The most lines that the answer above the table takes. */
const MAX_ANSWER_LINES = 4;

/** The answer for a terminal: sentences, the most important first, each beginning a new line, as many as fit in four lines. */
export function answerForTerminal(sentences: readonly string[], { color, width }: Screen): string {
  const paint = pc.createColors(color);
  const lines: string[] = [];
  for (const sentence of sentences) {
    const more = wrapped(printable(sentence), width).map(printable);
    if (lines.length > 0 && lines.length + more.length > MAX_ANSWER_LINES) break;
    lines.push(...more.map((line) => (lines.length === 0 ? paint.bold(line) : line)));
  }
  return `${lines.slice(0, MAX_ANSWER_LINES).join('\n')}\n`;
}

/** Lines as a Markdown list. */
export function linesForMarkdown(lines: readonly Line[]): string {
  return `${lines.map(({ label, text }) => `- **${label}**: ${escaped(printable(text))}`).join('\n')}\n`;
}

/** A paragraph of Markdown. */
export function textForMarkdown(text: string): string {
  return escaped(printable(text));
}

/** Escapes Markdown in text from outside, such as a path or the name of a device. */
function escaped(text: string): string {
  return (
    text
      .replace(/[\\`*_[\]<>|]/g, '\\$&')
      // A zero-width space keeps GitHub from notifying a user and from making a link.
      .replace(/@(?=[\w-])|:(?=\/\/)|\bwww(?=\.)/gi, '$&\u200b')
  );
}

/** Removes the spaces that pad the last column. */
function trimmed(text: string): string {
  return text.replace(/[ \t]+$/gm, '');
}
