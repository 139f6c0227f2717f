/** Text from outside, such as the name of a file, without the control characters that would break a line. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replace(/[\u0000-\u001f\u007f]+/g, ' ');
}

/** At most so many characters of a text, those of its beginning and of its end, with an ellipsis for what stood between. */
export function abridged(text: string, most: number): string {
  if (text.length <= most) return text;
  const back = Math.floor((most - 1) / 3);
  const front = most - 1 - back;
  // A pair of surrogates is one character: half of one would be none.
  const head = text.slice(0, isLead(text, front - 1) ? front - 1 : front);
  const tail = text.length - back;
  return `${head}…${text.slice(isLead(text, tail - 1) ? tail + 1 : tail)}`;
}

function isLead(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xd800 && unit < 0xdc00;
}

/** What matches a name with `*` in it as a shell would, anything else as it stands. */
export function matcherOf(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^]*')}$`);
}
