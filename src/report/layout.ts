import Table from 'cli-table3';
import { markdownTable } from 'markdown-table';
import pc from 'picocolors';
import { printable, shortened } from '../text.js';

/** The widest line of what is printed for people. */
const WIDTH = 100;
/** Spaces between columns. */
const GAP = 2;

/** A column of a table: what heads it, to which side its cells lie and what it says of a row. */
export interface Column<Row> {
  readonly head: string;
  readonly align: 'left' | 'right';
  readonly cell: (row: Row) => string;
  /** On a terminal, where not all columns fit, those of the highest number go first; without a number never. */
  readonly expendable?: number;
  /** On a terminal, the colour of a cell. */
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

/** Rows of a table, and what is said above them. */
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

/** One table of sections for a terminal, a line a row. */
export function tableForTerminal<Row>(
  all: readonly Column<Row>[],
  sections: readonly Section<Row>[],
  color: boolean,
): string {
  const paint = pc.createColors(color);
  const columns = fitting(
    all,
    sections.flatMap(({ rows }) => rows),
  );
  const table = new Table({
    chars: { ...BORDERLESS, mid: '─', 'mid-mid': '─'.repeat(GAP) },
    style: { ...UNPADDED, compact: true },
    head: columns.map(({ head }) => paint.bold(head)),
    colAligns: columns.map(({ align }) => align),
  });
  const cellOf = (row: Row, { cell, colour }: Column<Row>) => {
    const text = printable(cell(row));
    return colour === undefined ? text : colour(row, paint)(text);
  };
  for (const { rows } of sections)
    table.push(...rows.map((row) => columns.map((column) => cellOf(row, column))));
  const [head, rule, ...lines] = trimmed(table.toString()).split('\n');
  const parts = sections.flatMap(({ heading, rows }) => [
    ...(heading === undefined ? [] : [paint.bold(shortened(printable(heading), WIDTH))]),
    ...lines.splice(0, rows.length),
  ]);
  return [head, rule, ...parts].join('\n');
}

/** All columns, less the most expendable ones until the widest row fits. */
function fitting<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): readonly Column<Row>[] {
  const width = columns
    .map(({ head, cell }) => Math.max(head.length, ...rows.map((row) => cell(row).length)) + GAP)
    .reduce((sum, columnWidth) => sum + columnWidth, -GAP);
  const most = Math.max(...columns.map(({ expendable = 0 }) => expendable));
  if (width <= WIDTH || most === 0) return columns;
  return fitting(
    columns.filter(({ expendable = 0 }) => expendable < most),
    rows,
  );
}

/** The sections as a GitHub-flavoured Markdown table; their headings, where they have any, are its first column. */
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
  const inCell = (text: string) => printable(text).replace(/\|/g, '\\|');
  return markdownTable([head, ...lines.map((cells) => cells.map(inCell))], { align });
}

/** What is said under a table. */
export interface Line {
  readonly label:
    | 'base'
    | 'head'
    | 'device'
    | 'dataset'
    | 'left out'
    | 'plan'
    | 'harness'
    | 'skipped'
    | 'verdict'
    | 'note'
    | 'warning';
  readonly text: string;
}

const LABEL_WIDTH = 9;

/** Lines for a terminal, the text wrapped beside its label. */
export function linesForTerminal(lines: readonly Line[], color: boolean): string {
  const paint = pc.createColors(color);
  const table = new Table({
    chars: BORDERLESS,
    style: UNPADDED,
    colWidths: [LABEL_WIDTH, WIDTH - LABEL_WIDTH - GAP],
    wordWrap: true,
  });
  for (const { label, text } of lines) {
    const said = printable(text);
    table.push([
      label === 'warning' ? paint.yellow(label) : paint.dim(label),
      label === 'verdict' ? paint.bold(said) : said,
    ]);
  }
  return `${trimmed(table.toString())}\n`;
}

/** Lines as a Markdown list. */
export function linesForMarkdown(lines: readonly Line[]): string {
  return `${lines.map(({ label, text }) => `- **${label}**: ${escaped(printable(text))}`).join('\n')}\n`;
}

/** Text from outside, a path or a device's name, must stay text. */
function escaped(text: string): string {
  return text.replace(/[\\`*_[\]<>|]/g, '\\$&');
}

/** Without the spaces that fill the last column. */
function trimmed(text: string): string {
  return text.replace(/[ \t]+$/gm, '');
}
