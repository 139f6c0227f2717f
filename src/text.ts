/** Control characters of all sorts, what ends a line, and what turns the direction of the text behind it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const COMMANDING = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;

/** Text from outside, such as the name of a file, as text that commands nothing: no terminal, and at the start of a line no CI service. */
export function printable(text: string): string {
  return text.replace(COMMANDING, ' ').replace(/^(\s*):(?=:)/, '$1: ');
}

/** What matches a name with `*` in it as a shell would, anything else as it stands. */
export function matcherOf(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^]*')}$`);
}

/** At most so many characters, with an ellipsis for the middle. */
export function shortenedInside(text: string, most: number): string {
  if (text.length <= most) return text;
  if (most < 1) return '';
  const begin = Math.ceil((most - 1) / 2);
  return `${text.slice(0, begin)}…${text.slice(text.length - (most - 1 - begin))}`;
}
