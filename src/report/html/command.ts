/** A command line for a POSIX shell; arguments with control characters are quoted with `$'…'`, which bash, ksh and zsh read. */
export function commandOf(args: readonly string[]): string {
  return ['pinbench', ...args.map(quoted)].join(' ');
}

function quoted(arg: string): string {
  if (/^[\w@%+=:,./-]+$/.test(arg)) return arg;
  if (!NOT_SHOWN.test(arg)) return `'${arg.replaceAll("'", `'\\''`)}'`;
  const shown = arg.replace(/[\\']/g, '\\$&').replace(new RegExp(NOT_SHOWN, 'gu'), escapeOf);
  return `$'${shown}'`;
}

/** Control characters, characters that change the direction of text, and lone surrogates. */
const NOT_SHOWN = /[\p{Cc}\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/u;

function escapeOf(character: string): string {
  const code = character.codePointAt(0)!;
  if (code === 10) return '\\n';
  if (code === 9) return '\\t';
  const digits = code.toString(16);
  return code < 0x80 ? `\\x${digits.padStart(2, '0')}` : `\\u${digits.padStart(4, '0')}`;
}
