import Table from 'cli-table3';
import pc from 'picocolors';

/** The widest line of what is printed for people. */
export const WIDTH = 100;
/** Spaces between columns. */
export const GAP = 2;

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

/** What heads a column and to which side its cells lie. */
export interface Heading {
  readonly head: string;
  readonly align: 'left' | 'right';
}

/** Rows of a table, coloured already, and what is said above them. */
export interface Block {
  readonly heading?: string | undefined;
  readonly rows: readonly (readonly string[])[];
}

/** One table of blocks of rows, a line each, under its headings. */
export function tableOf(headings: readonly Heading[], blocks: readonly Block[], color: boolean): string {
  const paint = pc.createColors(color);
  const table = new Table({
    chars: { ...BORDERLESS, mid: '─', 'mid-mid': '─'.repeat(GAP) },
    style: { ...UNPADDED, compact: true },
    head: headings.map(({ head }) => paint.bold(head)),
    colAligns: headings.map(({ align }) => align),
  });
  for (const { rows } of blocks) table.push(...rows.map((cells) => [...cells]));
  const [head, rule, ...lines] = trimmed(table.toString()).split('\n');
  const parts = blocks.flatMap(({ heading, rows }) => [
    ...(heading === undefined ? [] : [paint.bold(cut(heading))]),
    ...lines.splice(0, rows.length),
  ]);
  return [head, rule, ...parts].join('\n');
}

function cut(text: string): string {
  return text.length > WIDTH ? `${text.slice(0, WIDTH - 1)}…` : text;
}

/** What is said under a table. */
export interface Line {
  readonly label:
    | 'base'
    | 'head'
    | 'device'
    | 'dataset'
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
    table.push([
      label === 'warning' ? paint.yellow(label) : paint.dim(label),
      label === 'verdict' ? paint.bold(text) : text,
    ]);
  }
  return `${trimmed(table.toString())}\n`;
}

/** Lines as a Markdown list. */
export function linesForMarkdown(lines: readonly Line[]): string {
  return `${lines.map(({ label, text }) => `- **${label}**: ${escaped(text)}`).join('\n')}\n`;
}

/** Text from outside, a path or a device's name, must stay text. */
function escaped(text: string): string {
  return text.replace(/[\\`*_[\]<>|]/g, '\\$&');
}

/** Without the spaces that fill the last column. */
function trimmed(text: string): string {
  return text.replace(/[ \t]+$/gm, '');
}
