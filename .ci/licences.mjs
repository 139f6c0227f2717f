// Lists the licences of all that is installed with pinbench, and fails where one is not permissive: node .ci/licences.mjs [folder]
// package-lock.json says what that is, on every system; what is installed here goes before what the registry said of it.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Names of SPDX: each licence asks for its text to be kept, and for nothing of a program that has the package inside. */
const PERMISSIVE = new Set([
  ...['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'CC0-1.0', 'ISC', 'MIT'],
  ...['Unlicense', 'Zlib'],
]);

const folder = process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url));
const read = (path) => JSON.parse(readFileSync(join(folder, path), 'utf8'));

/** Of `A OR B` one must be permissive, of `A AND B` both. What is nested deeper is no name, and so it is not permissive. */
function isPermissive(licence) {
  const choices = licence.replace(/^\((.*)\)$/, '$1').split(' OR ');
  return choices.some((choice) => choice.split(' AND ').every((name) => PERMISSIVE.has(name)));
}

function licenceOf(path, { license }) {
  const manifest = join(path, 'package.json');
  const said = existsSync(join(folder, manifest)) ? read(manifest).license : license;
  return typeof said === 'string' ? said : 'none that it names';
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
