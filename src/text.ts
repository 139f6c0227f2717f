/** Text from outside, such as the name of a file, without the control characters that would break a line. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replace(/[\u0000-\u001f\u007f]+/g, ' ');
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
