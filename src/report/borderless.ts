/** Spaces between columns. */
export const GAP = 2;

/** cli-table3's characters for a table without borders. */
export const BORDERLESS = {
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

/** A table's lines without the spaces that fill its last column. */
export function trimLines(text: string): string {
  return text.replace(/[ \t]+$/gm, '');
}
