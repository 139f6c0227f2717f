/** Control characters of all sorts, what ends a line, and what turns the direction of the text behind it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const COMMANDING = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;

/** Text from outside, such as the name of a file, as text that commands nothing: no terminal, and at the start of a line no CI service. */
export function printable(text: string): string {
  return text
    .replace(COMMANDING, ' ')
    .replace(/^(\s*):(?=:)/, '$1: ')
    .replace(/##(?=\[|vso\[)/gi, '# #');
}

/** The same less what JSON escapes by itself, and what ends the lines between its values. */
const COMMANDING_IN_JSON = /[\u007f-\u009f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** JSON of the same value, in which escapes replace what a terminal or a CI service would take for a command. */
export function harmlessJson(json: string): string {
  return json.replace(COMMANDING_IN_JSON, escaped).replace(/#(?=#(?:vso)?\[)/gi, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A value as indented JSON with a line break at its end, in which nothing commands a terminal. */
export function jsonText(value: unknown): string {
  return `${harmlessJson(JSON.stringify(value, null, 2))}\n`;
}

/** At most so many characters of a text, those of its beginning and of its end, with an ellipsis for what stood between. */
export function abridged(text: string, most: number): string {
  if (text.length <= most) return text;
  if (most < 1) return '';
  const back = Math.floor((most - 1) / 3);
  const front = most - 1 - back;
  // A pair of surrogates is one character: half of one would be none.
  const head = text.slice(0, isLead(text, front - 1) ? front - 1 : front);
  const tail = text.length - back;
  return `${head}…${text.slice(isLead(text, tail - 1) ? tail + 1 : tail)}`;
}

/** Texts of at most so many characters together: those that are short stay whole, the others lose as much as makes them equal. */
export function abridgedTogether(texts: readonly string[], most: number): string[] {
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
  return texts.map((text) => abridged(text, share));
}

/** Characters of a name, or of a type in words, that are shown: in a file they may be of any length. */
const MOST_SHOWN = 60;

/** A name or a type from outside, as far as it is shown. */
export function shown(name: string): string {
  return abridged(name, MOST_SHOWN);
}

function isLead(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xd800 && unit < 0xdc00;
}

/** Whether a name is what a pattern means: `*` is any characters, as in a shell, and all else is itself. Never tries a part twice. */
export function matches(pattern: string, name: string): boolean {
  const [first, ...others] = pattern.split('*');
  const last = others.pop();
  if (last === undefined) return name === pattern;
  if (!name.startsWith(first!)) return false;
  let at = first!.length;
  // Where a part is found first, most is left for those behind it.
  for (const part of others) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
