import { printable } from '../../text.js';

/** HTML text. `html` makes it and escapes all interpolated values; `trusted` makes it from text that pinbench wrote itself. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What may be interpolated into a template: text is escaped, the items of a list are joined. */
export type Content = Markup | string | number | readonly Content[];

/** Makes HTML from a template: interpolated values are escaped for elements and quoted attributes, unless they are `Markup`. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(strings.reduce((text, string, i) => text + textOf(values[i - 1]!) + string));
}

/** Markup without escaping: only for text that contains nothing from outside. */
export function trusted(text: string): Markup {
  return new Markup(text);
}

function textOf(content: Content): string {
  if (content instanceof Markup) return content.text;
  if (typeof content === 'string') return escaped(content);
  return typeof content === 'number' ? String(content) : content.map(textOf).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text escaped for any place in a page. */
export function escaped(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** Text without control characters, lone surrogates, which cannot be encoded, and characters that change the direction of text. */
export function visible(text: string): string {
  return printable(text).replace(/\p{Surrogate}/gu, '\ufffd');
}
