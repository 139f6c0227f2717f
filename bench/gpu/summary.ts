import { renameSync, writeFileSync } from 'node:fs';

/** What a section shows so far, and shows anew whenever it has more. */
export type Show = (text: string) => void;

/** The summary in a file, which has at any time what was measured until then. */
export class Summary {
  readonly #path: string;
  readonly #parts: { readonly title: string; text: string }[] = [];

  /** The first line is the title of all. */
  constructor(path: string, title: string) {
    this.#path = path;
    this.#parts.push({ title: `# ${title}`, text: '' });
    this.#write();
  }

  /** Begins a section; without a title its text belongs to the one before. What it shows is in the file at once. */
  begin(title?: string): Show {
    const part = { title: title === undefined ? '' : `## ${title}`, text: '' };
    this.#parts.push(part);
    return (text) => {
      part.text = text.trimEnd();
      this.#write();
    };
  }

  toString(): string {
    const shown = this.#parts.filter(({ title, text }, index) => index === 0 || text !== '' || title !== '');
    const texts = shown.flatMap(({ title, text }) => [title, text]).filter((text) => text !== '');
    return `${texts.join('\n\n')}\n`;
  }

  /** Whoever reads it, or ends the process, meets a whole one. */
  #write(): void {
    writeFileSync(`${this.#path}.tmp`, this.toString());
    renameSync(`${this.#path}.tmp`, this.#path);
  }
}
