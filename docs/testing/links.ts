import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

/** The pages of a checkout, as paths from its root. */
export function pagesIn(root: string): string[] {
  const docs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  return [
    ...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'],
    ...['examples/api/README.md', 'examples/ci/README.md'],
    ...docs.map((name) => `docs/${name}`),
  ];
}

/** The text of a page without its code blocks. */
function proseOf(root: string, page: string): string {
  return readFileSync(join(root, page), 'utf8').replace(/^( *)```[\s\S]*?^\1```$/gm, '');
}

export interface Link {
  readonly page: string;
  /** The linked file, as a path from the root. */
  readonly file: string;
  readonly heading: string | undefined;
}

/** The links of a page except those to other sites: `[…](…)`, references at its end, and HTML attributes. */
export function linksOf(root: string, page: string): Link[] {
  const targets = proseOf(root, page).matchAll(
    /\]\(([^)\s]+)[^)]*\)|^\[[^\]]+\]:\s*(\S+)|(?:src|href|srcset)="([^"\s]+)/gm,
  );
  return [...targets]
    .map(([, inline, reference, attribute]) => (inline ?? reference ?? attribute)!)
    .filter((target) => !/^[a-z]+:/i.test(target))
    .map((target) => {
      const [path, heading] = target.split('#');
      const file = path === '' ? page : posix.join(dirname(page), decodeURI(path!));
      return { page, file: file.replace(/\/$/, ''), heading };
    });
}

/** The anchors that GitHub makes from the headings of a page. */
function headingsOf(root: string, page: string): string[] {
  return [...proseOf(root, page).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Why a link is dead; `undefined` if it is good. */
export function faultOf(root: string, { file, heading }: Link): string | undefined {
  if (!existsSync(join(root, file))) return `there is no file ${file}`;
  if (heading === undefined || !file.endsWith('.md') || headingsOf(root, file).includes(heading))
    return undefined;
  return `${file} has no heading #${heading}`;
}
