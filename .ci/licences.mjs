// Lists the licences of everything that is installed with pinbench, and fails if one is not permissive: node .ci/licences.mjs [folder]
// package-lock.json lists the packages for every operating system. If a package is installed here, the licence in its own package.json
// takes precedence over the licence in the lock file.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** SPDX names. Each of these licences requires that its text is kept, and demands nothing of a program that contains the package. */
const PERMISSIVE = new Set([
  ...['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'CC0-1.0', 'ISC', 'MIT'],
  ...['Unlicense', 'Zlib'],
]);

const folder = process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url));
const read = (path) => JSON.parse(readFileSync(join(folder, path), 'utf8'));

/** `A OR B` is permissive if one of them is, `A AND B` if both are. A deeper nesting matches no name and counts as not permissive. */
function isPermissive(licence) {
  const choices = licence.replace(/^\((.*)\)$/, '$1').split(' OR ');
  return choices.some((choice) => choice.split(' AND ').every((name) => PERMISSIVE.has(name)));
}

function licenceOf(path, { license }) {
  const manifest = join(path, 'package.json');
  const said = existsSync(join(folder, manifest)) ? read(manifest).license : license;
  return typeof said === 'string' ? said : 'no licence stated';
}

const packages = Object.entries(read('package-lock.json').packages)
  .filter(([path, { dev }]) => path !== '' && !dev)
  .map(([path, entry]) => ({
    name: `${path.split('node_modules/').at(-1)}@${entry.version}`,
    licence: licenceOf(path, entry),
  }));
const licences = [...new Set(packages.map(({ licence }) => licence))].sort();
const lines = licences.map((licence) => {
  const names = packages.filter((one) => one.licence === licence).map(({ name }) => name);
  return `${licence} (${names.length}${isPermissive(licence) ? '' : ', not permissive'}): ${names.join(', ')}\n`;
});
process.stdout.write(lines.join(''));
process.exitCode = licences.every(isPermissive) ? 0 : 1;
