import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRecord } from '../../record/file.js';
import type { RunRecord } from '../../record/schema.js';
import { sampleRecord } from '../../record/testing/sample-record.js';
import { STRATEGIES } from '../../words.js';
import { columnsOf } from '../columns.js';
import type { Named } from '../named.js';
import { sectionsOf } from '../sections.js';
import { renderHtml } from './page.js';
import { gpuRecord } from './testing/records.js';

/** Path of a headless chromium; .ci/browser installs one from Debian's packages. */
const executable = env.PINBENCH_TEST_CHROMIUM;
const one = (record: RunRecord): Named[] => [{ name: 'record', record }];

/** A long name without a space to break it at, which must not become markup. */
const LONG = `"><script>document.title='run'</script><img src=//example.org/x>${'x'.repeat(90)}`;

function longNames(): RunRecord {
  const record = gpuRecord({ batches: [8, 64, 512] });
  record.dataset.path = LONG;
  record.argv = ['run', LONG];
  record.environment.devices[0]!.name = LONG;
  record.environment.cpu = LONG;
  for (const result of record.results) result.device = LONG;
  const { engine, batch, work, device } = record.results[0]!;
  record.results.push({
    engine,
    batch,
    work,
    device,
    strategy: 'zero-copy',
    status: 'skipped',
    reason: LONG,
  });
  return record;
}

const PAGES: Readonly<Record<string, () => Named[]>> = {
  'a sweep': () => one(gpuRecord()),
  'all strategies': () => one(gpuRecord({ names: STRATEGIES })),
  'one batch size': () => one(sampleRecord()),
  'three works': () => one(gpuRecord({ works: [1, 8, 64] })),
  'four records': () =>
    ['a', 'b', 'c', 'd'].map((name, seed) => ({ name: `node-${name}`, record: gpuRecord({ seed }) })),
  'long names': () => one(longNames()),
  'long names of two records': () => [1, 2].map((i) => ({ name: `${LONG}${i}`, record: longNames() })),
};
const WIDTHS = [360, 800, 1280];

describe.skipIf(executable === undefined)('the page in a browser (run by .ci/browser)', () => {
  let browser: Browser;
  let folder: string;
  const urls = new Map<string, string>();
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pinbench-'));
    for (const [name, records] of Object.entries(PAGES)) {
      const path = join(folder, `${name}.html`);
      await writeFile(path, renderHtml(records()));
      urls.set(name, pathToFileURL(path).href);
    }
    // The sandbox needs user namespaces, which containers lack.
    browser = await chromium.launch({ executablePath: executable!, args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true });
  });

  /** Opens a page, calls `look`, and closes the page; `noise` has its console messages, requests and errors. */
  async function open<T>(
    name: string,
    options: BrowserContextOptions,
    look: (page: Page, noise: readonly string[]) => Promise<T>,
  ): Promise<T> {
    const context = await browser.newContext(options);
    try {
      const page = await context.newPage();
      const noise: string[] = [];
      page.on('console', (message) => noise.push(`console: ${message.text()}`));
      page.on('pageerror', (error) => noise.push(`error: ${error.message}`));
      page.on('request', (request) => {
        if (request.url() !== urls.get(name)) noise.push(`request: ${request.url()}`);
      });
      await page.goto(urls.get(name)!);
      return await look(page, noise);
    } finally {
      await context.close();
    }
  }

  const sized = (width: number): BrowserContextOptions => ({ viewport: { width, height: 900 } });
  const everywhere = Object.keys(PAGES).flatMap((name) => WIDTHS.map((width) => [name, width] as const));

  it.each(everywhere)(
    '%s, at %i px: logs nothing, requests nothing, and scrolls only vertically',
    async (name, width) => {
      for (const colorScheme of ['light', 'dark'] as const) {
        await open(name, { ...sized(width), colorScheme }, async (page, noise) => {
          expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
          expect(await page.title()).not.toBe('run');
          expect(noise).toEqual([]);
        });
      }
    },
  );

  it.each(everywhere)(
    '%s, at %i px: cuts off no text of a chart, and shows each chart once',
    async (name, width) => {
      await open(name, sized(width), async (page) => {
        const cut = await page.evaluate(`[...document.querySelectorAll('figure text')].flatMap((text) => {
        const box = text.getBoundingClientRect();
        return box.width > 0 && (box.left < 0 || box.right > innerWidth) ? [text.textContent] : [];
      })`);
        expect(cut).toEqual([]);
        const shown = await page.evaluate(`[...document.querySelectorAll('figure')].map(
        (figure) => [...figure.querySelectorAll('svg')].filter((svg) => svg.getBoundingClientRect().height > 40).length)`);
        expect(new Set(shown as number[])).toEqual(new Set([1]));
      });
    },
  );

  it.each(Object.keys(PAGES))(
    '%s: shows the numbers of the record, with and without JavaScript',
    async (name) => {
      const records = PAGES[name]!();
      const columns = columnsOf(records);
      const expected = sectionsOf(records).flatMap(({ rows }) =>
        rows.map((row) => columns.map(({ cell }) => cell(row))),
      );
      for (const javaScriptEnabled of [true, false]) {
        await open(name, { ...sized(1280), javaScriptEnabled }, async (page, noise) => {
          const heads = await page.locator('#rows thead th').allInnerTexts();
          const places = columns.map(({ head }) => heads.indexOf(head));
          expect(places).not.toContain(-1);
          const rows = await page.locator('#rows tbody tr:has(td)').all();
          expect(rows).toHaveLength(expected.length);
          const cells = await Promise.all(rows.map((row) => row.locator('td').allInnerTexts()));
          expect(cells.map((row) => places.map((at) => row[at]))).toEqual(expected);
          expect(await page.locator('#rows table').isVisible()).toBe(true);
          expect(noise).toEqual([]);
        });
      }
    },
  );

  it('is light or dark like the system', async () => {
    const ground = (colorScheme: 'light' | 'dark') =>
      open('a sweep', { ...sized(800), colorScheme }, (page) =>
        page.evaluate('getComputedStyle(document.documentElement).backgroundColor'),
      );
    expect(await ground('light')).toBe('rgb(255, 255, 255)');
    expect(await ground('dark')).toBe('rgb(20, 23, 26)');
  });

  it.each(Object.keys(PAGES))(
    '%s: prints with a light background, and cuts off no table and no chart',
    async (name) => {
      // The width of A4 without the margins of the page.
      const width = Math.floor(((210 - 28) / 25.4) * 96);
      await open(name, { ...sized(width), colorScheme: 'dark' }, async (page, noise) => {
        await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
        expect(await page.evaluate('getComputedStyle(document.documentElement).backgroundColor')).toBe(
          'rgb(255, 255, 255)',
        );
        const wider = await page.evaluate(`[...document.querySelectorAll('main *')].flatMap((element) => {
        const box = element.getBoundingClientRect();
        return element.closest('.unseen') === null && box.right > ${width} + 1 ? [element.outerHTML.slice(0, 80)] : [];
      })`);
        expect(wider).toEqual([]);
        const pdf = await page.pdf({ preferCSSPageSize: true });
        expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
        expect(pdf.length).toBeGreaterThan(20_000);
        expect(noise).toEqual([]);
      });
    },
  );

  it('has charts that are named images, and tables that the keyboard can scroll', async () => {
    await open('a sweep', sized(360), async (page) => {
      for (const name of [/^Step time/, /^Speedup over feed/, /^Steps until/, /^Rounds at batch 64$/])
        expect(await page.getByRole('img', { name }).count()).toBe(1);
      await page.getByRole('region', { name: 'All rows' }).focus();
      await page.keyboard.press('ArrowRight');
      await expect
        .poll(() => page.evaluate(`document.querySelector('[aria-label="All rows"]').scrollLeft`))
        .toBeGreaterThan(0);
      expect(await page.getByRole('table').count()).toBeGreaterThan(3);
    });
  });

  it('shows the value of a mark when the pointer rests on it', async () => {
    await open('a sweep', sized(1280), async (page) => {
      const title = await page.evaluate(`(() => {
        const mark = document.querySelector('#sweep svg.wide circle:has(title)');
        mark.scrollIntoView({ block: 'center' });
        const { x, y, width, height } = mark.getBoundingClientRect();
        const hit = document.elementFromPoint(x + width / 2, y + height / 2);
        return hit.querySelector(':scope > title')?.textContent;
      })()`);
      expect(title).toMatch(/^(?:feed|pin), batch [\d,]+: [\d.]+ [µm]s \(/);
    });
  });

  it('can be read back after a browser saved it', async () => {
    for (const name of ['a sweep', 'long names']) {
      const saved = await open(name, sized(800), (page) => page.content());
      expect(parseRecord('saved.html', saved)).toEqual(PAGES[name]!()[0]!.record);
    }
  });
});
