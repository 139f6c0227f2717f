/** A Python literal, of the kinds that an NPY header may contain. */
export type Literal =
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'float' | 'bool' | 'none'; readonly text: string }
  | { readonly kind: 'tuple' | 'list'; readonly items: readonly Literal[] }
  | { readonly kind: 'dict'; readonly entries: readonly (readonly [key: Literal, value: Literal])[] };

/** Thrown if the text is not a literal; `position` is the offset of the fault. */
export class LiteralError extends Error {
  override readonly name = 'LiteralError';
  readonly position: number;
  constructor(message: string, position: number) {
    super(message);
    this.position = position;
  }
}

/** Deeper than any dtype is nested, and far less than the stack allows. */
const MAX_DEPTH = 32;
/** Python's white space, which does not include the vertical tab here. */
const SPACE = ' \t\n\r\f';
const DIGITS = '0123456789';
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '0': '\0',
};

/**
 * Parses a text that is one Python literal: a dict, tuple, list, string, number, True, False or None. If `longs` is true, an
 * integer may end with Python 2's `L`.
 */
export function parseLiteral(text: string, longs = true): Literal {
  const reader = new Reader(text, longs);
  const literal = reader.value(0);
  reader.end();
  return literal;
}

/** A recursive-descent parser that reads one character at a time. */
class Reader {
  readonly #text: string;
  readonly #longs: boolean;
  #at = 0;

  constructor(text: string, longs: boolean) {
    this.#text = text;
    this.#longs = longs;
  }

  value(depth: number): Literal {
    if (depth > MAX_DEPTH) throw this.#error('nested too deeply');
    const next = this.#peek();
    if (next === '') throw this.#error('the end where a value belongs');
    if (next === '{')
      return { kind: 'dict', entries: this.#sequence('{', '}', () => this.#entry(depth + 1)).items };
    if (next === '[')
      return { kind: 'list', items: this.#sequence('[', ']', () => this.value(depth + 1)).items };
    if (next === '(') return this.#parenthesised(depth + 1);
    if (next === "'" || next === '"') return this.#string(next);
    if (DIGITS.includes(next) || next === '-' || next === '+' || next === '.') return this.#number();
    return this.#name();
  }

  end(): void {
    // Python takes the spaces for an indented second line. For headers of Python 2, numpy removes newlines first.
    if ((this.#longs ? /\r[ \t]+$/ : /[\n\r][ \t]+$/).test(this.#text.slice(this.#at)))
      throw this.#error('spaces after the last line');
    if (this.#peek() !== '') throw this.#error(`"${this.#peek()}" after the end`);
  }

  /** Returns the next character that is not a space; empty at the end. */
  #peek(): string {
    while (this.#at < this.#text.length && SPACE.includes(this.#text[this.#at]!)) this.#at += 1;
    return this.#text[this.#at] ?? '';
  }

  #expect(character: string): void {
    const next = this.#peek();
    if (next !== character)
      throw this.#error(`${next === '' ? 'the end' : `"${next}"`} where "${character}" belongs`);
    this.#at += 1;
  }

  #sequence<T>(open: string, close: string, item: () => T): { items: T[]; commas: number } {
    this.#expect(open);
    const items: T[] = [];
    let commas = 0;
    while (this.#peek() !== close) {
      if (items.length > commas) throw this.#error(`no comma before "${this.#peek()}"`);
      items.push(item());
      if (this.#peek() === ',') {
        this.#at += 1;
        commas += 1;
      }
    }
    this.#at += 1;
    return { items, commas };
  }

  #entry(depth: number): readonly [Literal, Literal] {
    const key = this.value(depth);
    this.#expect(':');
    return [key, this.value(depth)];
  }

  /** As in Python, `(3)` is 3, while `(3,)` and `()` are tuples. */
  #parenthesised(depth: number): Literal {
    const { items, commas } = this.#sequence('(', ')', () => this.value(depth));
    return items.length === 1 && commas === 0 ? items[0]! : { kind: 'tuple', items };
  }

  #string(quote: string): Literal {
    this.#expect(quote);
    let value = '';
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined || character === '\n' || character === '\r')
        throw this.#error('a string without an end');
      this.#at += 1;
      if (character === quote) return { kind: 'string', value };
      value += character === '\\' ? this.#escape() : character;
    }
  }

  /** As in Python, an unknown escape stands for itself, including its backslash. */
  #escape(): string {
    const character = this.#text[this.#at] ?? '';
    this.#at += 1;
    if (character !== 'x') return ESCAPES[character] ?? `\\${character}`;
    const code = this.#text.slice(this.#at, this.#at + 2);
    if (!/^[\da-f]{2}$/i.test(code)) throw this.#error('an invalid \\x escape');
    this.#at += 2;
    return String.fromCharCode(Number.parseInt(code, 16));
  }

  /**
   * An integer with an optional sign, possibly with Python 2's `L`, or a float, which is parsed so that the refusal can name it.
   */
  #number(): Literal {
    const start = this.#at;
    if (this.#text[this.#at] === '-' || this.#text[this.#at] === '+') this.#at += 1;
    const digitsAt = this.#at;
    this.#skip(DIGITS);
    const digits = this.#text.slice(start, this.#at);
    const hasDigits = this.#at > digitsAt;
    const next = this.#text[this.#at] ?? '';
    if (hasDigits && this.#longs && next === 'L') this.#at += 1;
    else if (next === '.' || next === 'e' || next === 'E') {
      this.#skip(`${DIGITS}.eE+-`);
      return { kind: 'float', text: this.#text.slice(start, this.#at) };
    }
    if (!hasDigits) throw this.#error('a number without digits');
    if (/^[+-]?0+[1-9]/.test(digits)) throw this.#error('a number that begins with 0');
    return { kind: 'integer', value: BigInt(digits.replace('+', '')) };
  }

  #skip(characters: string): void {
    while (this.#at < this.#text.length && characters.includes(this.#text[this.#at]!)) this.#at += 1;
  }

  #name(): Literal {
    for (const [text, kind] of [
      ['True', 'bool'],
      ['False', 'bool'],
      ['None', 'none'],
    ] as const) {
      if (!this.#text.startsWith(text, this.#at)) continue;
      this.#at += text.length;
      return { kind, text };
    }
    throw this.#error(`"${this.#peek()}" where a value belongs`);
  }

  #error(message: string): LiteralError {
    return new LiteralError(message, this.#at);
  }
}
