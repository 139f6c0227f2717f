/** Control characters, line and paragraph separators, and characters that change the direction of the following text. */
const CONTROL_CHARACTERS = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;

/** External text, such as a file name, made safe to print: it cannot control a terminal, nor act as a command of a CI service. */
export function printable(text: string): string {
  return text
    .replace(CONTROL_CHARACTERS, ' ')
    .replace(/^(\s*):(?=:)/, '$1: ')
    .replace(/##(?=\w*\[)/g, '# #');
}

/** `CONTROL_CHARACTERS` without the characters that JSON escapes itself and the line breaks between JSON values. */
const CONTROL_CHARACTERS_IN_JSON = /[\u007f-\u009f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Equivalent JSON in which escapes replace what could control a terminal or a CI service. */
export function harmlessJson(json: string): string {
  return json.replace(CONTROL_CHARACTERS_IN_JSON, escaped).replace(/#(?=#\w*\[)/g, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A value as indented JSON with a final line break, safe to print on a terminal. */
export function jsonText(value: unknown): string {
  return `${harmlessJson(JSON.stringify(value, null, 2))}\n`;
}

/** A path quoted for a shell, changed so that it does not look like an option; `FILE` for a path with unprintable characters. */
export function shellPath(path: string): string {
  if (printable(path) !== path) return 'FILE';
  const word = path.startsWith('-') ? `./${path}` : path;
  return /^[\w./+:@%-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A text shortened to at most `most` characters: its beginning and its end, with an ellipsis for the middle. */
export function shortenedInMiddle(text: string, most: number): string {
  if (text.length <= most) return text;
  if (most < 1) return '';
  const back = Math.floor((most - 1) / 3);
  const front = most - 1 - back;
  // A surrogate pair must not be split, because half of it is not a valid character.
  const head = text.slice(0, isLead(text, front - 1) ? front - 1 : front);
  const tail = text.length - back;
  return `${head}…${text.slice(isLead(text, tail - 1) ? tail + 1 : tail)}`;
}

/** Shortens texts to at most `most` characters in total. Short texts stay whole; the long ones are shortened to the same length. */
export function shortenedTogether(texts: readonly string[], most: number): string[] {
  let [left, share] = [most, most];
  for (const [i, length] of texts
    .map(({ length }) => length)
    .sort((a, b) => a - b)
    .entries()) {
    share = Math.floor(left / (texts.length - i));
    if (length > share) break;
    left -= length;
    share = Math.max(share, length);
  }
  return texts.map((text) => shortenedInMiddle(text, share));
}

/** Characters of a name or type that are shown. In a file they may have any length. */
const MAX_SHOWN = 60;

/** An external name or type, shortened for display. */
export function shown(name: string): string {
  return shortenedInMiddle(name, MAX_SHOWN);
}

function isLead(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xd800 && unit < 0xdc00;
}

/**
 * Whether a name matches a pattern, in which `*` stands for any characters and every other character for itself. Runs without
 * backtracking.
 */
export function matches(pattern: string, name: string): boolean {
  const [first, ...others] = pattern.split('*');
  const last = others.pop();
  if (last === undefined) return name === pattern;
  if (!name.startsWith(first!)) return false;
  let at = first!.length;
  // The first occurrence of a part leaves the longest rest for the parts after it.
  for (const part of others) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
