import { renameSync, writeFileSync } from 'node:fs';

/** Replaces the text of a section; called again whenever the section has more results. */
export type Show = (text: string) => void;

/** The summary as a file, which at any time contains what has been measured so far. */
export class Summary {
  readonly #path: string;
  readonly #parts: { readonly title: string; text: string }[] = [];

  /** Writes the file with `title` as its first line. */
  constructor(path: string, title: string) {
    this.#path = path;
    this.#parts.push({ title: `# ${title}`, text: '' });
    this.#write();
  }

  /** Begins a section; without a title, its text continues the previous one. Its text is written to the file at once. */
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

  /** Replaces the file atomically, so that it is complete even if the process is killed. */
  #write(): void {
    writeFileSync(`${this.#path}.tmp`, this.toString());
    renameSync(`${this.#path}.tmp`, this.#path);
  }
}
