import stringWidth from 'string-width';

/** At most so many columns of a terminal, with an ellipsis for the rest. */
export function shortened(text: string, most: number): string {
  return stringWidth(text) <= most ? text : `${head(text, most - 1)}…`;
}

/** A number and its unit stay together. */
const BETWEEN_WORDS = / (?!(?:%|ns|µs|ms|s|min|h|[KMGT]?i?B(?:\/s)?|GB\/s)(?![\p{L}\d]))/u;

/** Text in lines of at most so many columns of a terminal, broken between words, and within those that are longer. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(BETWEEN_WORDS).flatMap((whole) => pieces(whole, width))) {
    const last = lines.at(-1);
    if (last !== undefined && stringWidth(`${last} ${word}`) <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  // No line begins with what CI services take for a command.
  return lines.map((line) => line.replace(/^:(?=:)/, ': '));
}

function pieces(word: string, width: number): string[] {
  const found: string[] = [];
  let rest = word;
  while (stringWidth(rest) > width) {
    const first = head(rest, width);
    found.push(first);
    rest = rest.slice(first.length);
  }
  return rest === '' && found.length > 0 ? found : [...found, rest];
}

/** As many characters as fit, one at least. */
function head(text: string, width: number): string {
  let found = '';
  for (const character of text) {
    if (found !== '' && stringWidth(found + character) > width) break;
    found += character;
  }
  return found;
}
