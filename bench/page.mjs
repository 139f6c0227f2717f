// Makes the page that docs/ shows, from a measurement on this machine, and the README's picture of it: docs/example.html and
// docs/example.png.
//   npm run bench:page               (a minute; the picture needs chromium, which .ci/browser gets from Debian's packages)
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = join(ROOT, '.cache', 'example');
const [ROWS, COLS] = [60_000, 64];
/** Size of the picture in CSS pixels: it shows the answer, the sweep and the speedups. */
const PICTURE = { width: 1000, height: 1130 };

/** Writes 60,000 × 64 float32 numbers as an NPY file, the size of a small image dataset. */
function makeData() {
  const shape = `{'descr': '<f4', 'fortran_order': False, 'shape': (${ROWS}, ${COLS}), }`;
  const header = `${shape.padEnd(117)}\n`;
  const prefix = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0]);
  const values = Float32Array.from({ length: ROWS * COLS }, (_, i) => (i * 7919) % 256);
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(
    join(FOLDER, 'big.npy'),
    Buffer.concat([prefix, Buffer.from(header), Buffer.from(values.buffer)]),
  );
}

async function takePicture(executablePath) {
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const page = await browser.newPage({ viewport: PICTURE, colorScheme: 'light' });
  await page.goto(pathToFileURL(join(ROOT, 'docs', 'example.html')).href);
  await page.screenshot({ path: join(ROOT, 'docs', 'example.png') });
  await browser.close();
}

if (env.PINBENCH_TEST_CHROMIUM === undefined) {
  makeData();
  const flags = ['--batch', '1..65536', '--budget', '60s', '--html', 'report.html'];
  execFileSync(process.execPath, [join(ROOT, 'bin', 'pinbench.js'), 'run', 'big.npy', ...flags], {
    cwd: FOLDER,
    stdio: 'inherit',
  });
  copyFileSync(join(FOLDER, 'report.html'), join(ROOT, 'docs', 'example.html'));
} else await takePicture(env.PINBENCH_TEST_CHROMIUM);
