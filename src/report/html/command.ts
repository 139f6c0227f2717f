/** A command line as a POSIX shell reads it; what has control characters is written as bash, ksh and zsh read it. */
export function commandOf(args: readonly string[]): string {
  return ['pinbench', ...args.map(quoted)].join(' ');
}

function quoted(arg: string): string {
  if (/^[\w@%+=:,./-]+$/.test(arg)) return arg;
  if (!NOT_SHOWN.test(arg)) return `'${arg.replaceAll("'", `'\\''`)}'`;
  const shown = arg.replace(/[\\']/g, '\\$&').replace(new RegExp(NOT_SHOWN, 'gu'), escapeOf);
  return `$'${shown}'`;
}

/** Control characters, those that turn the direction of text, and halves of a pair. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const NOT_SHOWN = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/u;

function escapeOf(character: string): string {
  const code = character.codePointAt(0)!;
  if (code === 10) return '\\n';
  if (code === 9) return '\\t';
  const digits = code.toString(16);
  return code < 0x80 ? `\\x${digits.padStart(2, '0')}` : `\\u${digits.padStart(4, '0')}`;
}
