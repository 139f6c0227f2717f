import { printable } from '../../text.js';

/** Text that is HTML. `html` makes it and escapes all that is put into it; `trusted` is for what pinbench writes itself. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template: text is escaped, lists are joined. */
export type Content = Markup | string | number | readonly Content[];

/** A template of HTML: what is interpolated is text, in an element as well as in a quoted attribute, unless it is `Markup`. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(strings.reduce((text, string, i) => text + textOf(values[i - 1]!) + string));
}

/** Markup as it stands: for text that no outsider had a hand in. */
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

/** Text that is text wherever it stands in a page. */
export function escaped(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** No control characters, no halves of a pair, which no encoding has, and none that turn the direction of what follows them. */
export function visible(text: string): string {
  return printable(text).replace(/\p{Surrogate}/gu, '\ufffd');
}
