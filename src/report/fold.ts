import stringWidth from 'string-width';

/** Shortens text to at most `most` terminal columns, ending with an ellipsis if anything was cut. */
export function shortened(text: string, most: number): string {
  return stringWidth(text) <= most ? text : `${head(text, most - 1)}…`;
}

/** A space at which a line may break: not the one between a number and its unit. */
const BETWEEN_WORDS = / (?!(?:%|ns|µs|ms|s|min|h|[KMGT]?i?B(?:\/s)?|GB\/s)(?![\p{L}\d]))/u;

/** Breaks text into lines of at most `width` terminal columns: between words, and within a word that is wider than a line. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(BETWEEN_WORDS).flatMap((whole) => pieces(whole, width))) {
    const last = lines.at(-1);
    if (last !== undefined && stringWidth(`${last} ${word}`) <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  // No line may begin with `::`, which CI services read as a command.
  return lines.map((line) => line.replace(/^:(?=:)/, ': '));
}

function pieces(word: string, width: number): string[] {
  // Nearly all words fit. The width of a long rest is never measured, since doing so for each piece would take quadratic time.
  if (word.length <= width && stringWidth(word) <= width) return [word];
  const found: string[] = [];
  let rest = word;
  do {
    const first = head(rest, width);
    found.push(first);
    rest = rest.slice(first.length);
  } while (rest !== '');
  return found;
}

/** As many leading characters as fit, at least one. */
function head(text: string, width: number): string {
  let found = '';
  for (const character of text) {
    if (found !== '' && stringWidth(found + character) > width) break;
    found += character;
  }
  return found;
}
