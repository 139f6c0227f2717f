import { parseHTML } from 'linkedom/worker';
import { describe, expect, it } from 'vitest';
import { findingsOf } from '../../analysis/findings.js';
import { parseRecord } from '../../record/file.js';
import { nameOf } from '../../record/row-name.js';
import type { MeasuredResult, RunRecord } from '../../record/schema.js';
import { sampleRecord } from '../../record/testing/sample-record.js';
import { sampleSweep } from '../../record/testing/sample-sweep.js';
import { formatDuration, formatInteger } from '../../units.js';
import { STRATEGIES } from '../../words.js';
import { columnsOf } from '../columns.js';
import type { Named } from '../named.js';
import { render } from '../render.js';
import { sectionsOf } from '../sections.js';
import { renderHtml } from './page.js';
import { gpuRecord } from './testing/records.js';

const one = (record: RunRecord): Named[] => [{ name: 'record', record }];
const dom = (records: readonly Named[]) => parseHTML(renderHtml(records)).document;
type Page = ReturnType<typeof dom>;

const sections = (document: Page) => [...document.querySelectorAll('main > section[id]')].map(({ id }) => id);
const textOf = (document: Page, selector: string) => document.querySelector(selector)?.textContent ?? '';
const titlesIn = (document: Page, selector: string) =>
  [...document.querySelectorAll(`${selector} g title`)].map((title) => title.textContent);
const svgOf = (records: readonly Named[]) =>
  renderHtml(records)
    .match(/<svg.*?<\/svg>/gs)!
    .join('\n');

describe('the page', () => {
  it('has a section for everything in a record, in order', () => {
    const document = dom(one(gpuRecord()));
    expect(sections(document)).toEqual([
      ...[
        'sweep',
        'speedup',
        'break-even',
        'rounds',
        'parts',
        'rows',
        'how',
        'environment',
        'warnings',
        'command',
      ],
    ]);
    expect(document.querySelector('.answer p')!.textContent).toMatch(/^(feed|pin) is .*\.$/);
  });

  it('is rendered by the format html', async () => {
    const record = sampleRecord();
    expect(await render('html', one(record))).toBe(renderHtml(one(record)));
  });

  it('runs no script, requests nothing, and forbids both by its policy', () => {
    for (const records of [one(gpuRecord()), one(sampleRecord())]) {
      const text = renderHtml(records);
      const { document } = parseHTML(text);
      expect([...document.querySelectorAll('script')].map(({ type }) => type)).toEqual(['application/json']);
      expect(
        document.querySelector('meta[http-equiv=Content-Security-Policy]')!.getAttribute('content'),
      ).toBe("default-src 'none'; style-src 'unsafe-inline'; img-src data:");
      const page = text.replace(/<script[\s\S]*<\/script>/, '');
      expect(page.search(/\b(?:src|srcset|xlink:href|action|background)=|@import|\burl\(|\son\w+=/i)).toBe(
        -1,
      );
      const links = [...page.matchAll(/href="([^"]*)"/g)].map(([, href]) => href);
      expect(links.every((href) => href === 'data:,' || href!.startsWith('#'))).toBe(true);
    }
  });

  it('has unique ids', () => {
    const names = ['a', 'b'];
    const records = names.map((name) => ({ name, record: gpuRecord({ works: [1, 8] }) }));
    for (const rendered of [records, records.slice(0, 1), one(sampleRecord())]) {
      const ids = [...renderHtml(rendered).matchAll(/ id="([^"]*)"/g)].map(([, id]) => id!);
      expect(new Set(ids).size).toBe(ids.length);
    }
  });

  it('has each cell of the table once, and the verdict and the break-even', () => {
    const record = gpuRecord({ names: ['feed', 'pin', 'pin-replay'] });
    const rows = [...dom(one(record)).querySelectorAll('#rows tbody tr')].map((row) =>
      [...row.querySelectorAll('td')].map((cell) => cell.textContent),
    );
    const expected = sectionsOf(one(record))[0]!.rows.map((row) => [
      ...columnsOf(one(record)).map(({ cell }) => cell(row)),
      row.comparison?.verdict ?? '',
      steps(row.comparison?.breakEvenSteps),
    ]);
    expect(rows).toEqual(expected);
  });

  it('can be read back as its record, with the same table', async () => {
    for (const record of [
      gpuRecord(),
      sampleRecord(),
      { ...gpuRecord(), findings: findingsOf(gpuRecord()) },
    ]) {
      const read = parseRecord('page.html', renderHtml(one(record)));
      expect(read).toEqual(record);
      expect(await render('table', one(read))).toBe(await render('table', one(record)));
    }
  });
});

function steps(count: number | null | undefined): string {
  return count === null || count === undefined ? '' : `${formatInteger(count)} step${count === 1 ? '' : 's'}`;
}

describe('the charts', () => {
  const record = gpuRecord({ names: STRATEGIES });

  it('have a title for every value of the record', () => {
    const document = dom(one(record));
    const measured = record.results.filter((result) => result.status === 'measured');
    for (const drawing of ['svg.wide', 'svg.narrow']) {
      const swept = titlesIn(document, `#sweep ${drawing}`);
      expect(swept).toHaveLength(measured.length);
      for (const { strategy, batch, stepNs } of measured)
        expect(swept).toContain(
          `${strategy}, batch ${formatInteger(batch)}: ${formatDuration(stepNs.median)} (${stepNs.ci95!.map(formatDuration).join(' to ')})`,
        );
      const compared = titlesIn(document, `#speedup ${drawing}`);
      expect(compared).toHaveLength(record.comparisons.length);
      expect(compared.filter((title) => title!.endsWith('inconclusive'))).toHaveLength(
        record.comparisons.filter(({ verdict }) => verdict === 'inconclusive').length,
      );
    }
  });

  it('name every strategy at the end of its line, and the change of the faster strategy', () => {
    const words = [...dom(one(record)).querySelectorAll('#sweep svg.wide text')].map(
      (text) => text.textContent,
    );
    expect(words).toEqual(expect.arrayContaining([...STRATEGIES]));
    const { brackets } = findingsOf(record).crossovers.find(({ strategy }) => strategy === 'pin')!;
    expect(words).toContain(`pin overtakes feed, ${brackets[0]!.from}–${brackets[0]!.to}`);
  });

  it('are images with a name and a description', () => {
    const document = dom(one(record));
    const images = [...document.querySelectorAll('svg')];
    expect(images.length).toBeGreaterThan(5);
    for (const image of images) {
      expect(image.getAttribute('role')).toBe('img');
      for (const attribute of ['aria-labelledby', 'aria-describedby'])
        expect(textOf(document, `#${image.getAttribute(attribute)}`)).not.toBe('');
    }
  });

  it('have the figures of the rounds in a table for readers who cannot see them', () => {
    expect(dom(one(gpuRecord())).querySelectorAll('#rounds .unseen tbody tr')).toHaveLength(34);
  });

  it('leave out the charts over batch sizes if there is only one size', () => {
    const document = dom(one(sampleRecord()));
    expect(sections(document)).not.toContain('sweep');
    expect(titlesIn(document, '#speedup svg.wide')).toEqual(['pin: 1.30× (1.29–1.33) faster']);
    expect(titlesIn(document, '#break-even svg.wide')).toEqual(['pin: 15 steps']);
    expect(titlesIn(document, '#rounds svg.wide')).toHaveLength(2);
  });

  it('have no break-even if there is none, or if the setup costs nothing', () => {
    const same = sampleSweep({ strategies: { feed: () => 100, pin: () => 100 } });
    expect(sections(dom(one(same)))).not.toContain('break-even');
    const free = sampleSweep({ strategies: { feed: () => 200, pin: () => 100 }, setupNs: 0, allocateNs: 0 });
    expect(sections(dom(one(free)))).not.toContain('break-even');
  });

  it('say that long series are thinned', () => {
    const long = gpuRecord({ batches: [64], rounds: 1000 });
    const text = textOf(dom(one(long)), '#rounds');
    expect(text).toContain(
      'Where there are more than 200 rounds, the line goes through only the fastest and the slowest',
    );
    expect(textOf(dom(one(gpuRecord({ batches: [64] }))), '#rounds')).not.toContain('the line goes through');
  });

  it('of several records stand side by side on shared axes', () => {
    const slower = gpuRecord({ strategies: { feed: (batch) => 1e6 * batch, pin: () => 2e6 } });
    const records = [gpuRecord(), slower].map((record, i) => ({ name: `node-${i}`, record }));
    const document = dom(records);
    const charts = [...document.querySelectorAll('#sweep figure')];
    expect(charts.map((chart) => chart.querySelector('h3')!.textContent)).toEqual(['node-0', 'node-1']);
    const axes = charts.map((chart) =>
      [...chart.querySelectorAll('text[y="0.3em"]')]
        .filter((text) => /\d [nµm]?s$/.test(text.textContent!))
        .map((text) => text.outerHTML),
    );
    expect(axes[0]!.length).toBeGreaterThan(3);
    expect(axes[0]).toEqual(axes[1]);
  });

  it('of several works are one chart per work', () => {
    const document = dom(one(gpuRecord({ works: [1, 8, 64] })));
    const headings = [...document.querySelectorAll('#speedup figure h3')].map(
      (heading) => heading.textContent,
    );
    expect(headings).toEqual(['work 1', 'work 8', 'work 64']);
  });
});

describe('the page of a record', () => {
  it('with skipped rows names the reason', () => {
    expect(textOf(dom(one(sampleRecord())), '#rows')).toContain('cuda pin-replay: no | graphs, "here"');
  });

  it('in which nothing was measured has no chart', () => {
    const { results, ...record } = sampleRecord();
    const skipped = results.map(({ engine, device, strategy, batch, work }) => ({
      ...{ engine, device, strategy, batch, work },
      ...({ status: 'skipped', reason: 'no memory' } as const),
    }));
    const document = dom(one({ ...record, results: skipped, comparisons: [], cases: [] }));
    expect(document.querySelectorAll('svg')).toHaveLength(0);
    expect(textOf(document, '.answer')).toContain('Nothing was measured: no memory.');
    expect(textOf(document, '#rows')).toContain('no memory');
  });

  it('that was interrupted says so in the answer', () => {
    const document = dom(one({ ...sampleRecord(), complete: false, reason: 'interrupted' }));
    expect(textOf(document, '.answer .notice')).toContain('The run is incomplete.');
    expect(textOf(document, '#warnings')).toContain('the run is incomplete (interrupted)');
  });

  it('of a processor says that it tells nothing about GPUs', () => {
    const document = dom(one(sampleSweep({ engine: 'cpu', strategies: { feed: () => 100, pin: () => 50 } })));
    expect(textOf(document, '.answer .notice')).toContain('No GPU was measured');
    expect(textOf(dom(one(gpuRecord())), '.answer')).not.toContain('No GPU');
  });

  it('with warnings links to them', () => {
    const document = dom(one(sampleRecord()));
    expect(document.querySelector('.answer a[href="#warnings"]')!.textContent).toBe('There is a warning');
    expect(textOf(document, '#warnings li')).toContain('is an outlier');
  });

  it('without intervals is drawn without them', () => {
    const record = gpuRecord({ rounds: 3 });
    expect(record.comparisons.every(({ ci95, verdict }) => ci95 === null && verdict === 'inconclusive')).toBe(
      true,
    );
    expect(svgOf(one(record))).not.toMatch(/NaN|Infinity|undefined|null/);
  });

  it.each<[what: string, change: (ns: number) => number]>([
    ['huge', (ns) => ns * 1e30],
    ['tiny', (ns) => ns / 1e12],
    ['all over the place', (ns) => ns ** 40],
    ['one and the same', () => 1],
  ])('with times that are %s is drawn', (_, change) => {
    const strategies = { feed: (b: number) => change(9000 + b), pin: (b: number) => change(7000 + b / 10) };
    for (const batches of [[1, 64, 4096], [32]]) {
      const svg = svgOf(one(sampleSweep({ strategies, batches })));
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    }
  });

  it('with one round is drawn', () => {
    expect(svgOf(one(gpuRecord({ rounds: 1, batches: [1, 2] })))).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('has the states of its device, throttling included', () => {
    const record = gpuRecord();
    expect(textOf(dom(one(record)), '#environment')).toMatch(
      /1,935 to 1,980 MHz.*140 to 228 W.*36 to 41 °C.*never/s,
    );
    const { conditions } = record.results[0] as MeasuredResult;
    conditions![3]!.after.throttled = ['thermal limit'];
    expect(textOf(dom(one(record)), '#environment')).toContain('1 of 1,360 rounds (thermal limit)');
    expect(textOf(dom(one(sampleRecord())), '#environment')).not.toContain('while it was measured');
  });

  it('has the known parts of a step, and no column for unknown ones', () => {
    const heads = (record: RunRecord) =>
      [...dom(one(record)).querySelectorAll('[aria-label="Parts of a step"] th')].map(
        (head) => head.textContent,
      );
    expect(heads(gpuRecord())).toEqual([
      ...[
        'batch',
        'strategy',
        'step',
        'copy',
        'graph',
        'fetch',
        'host',
        'fixed cost (fit)',
        'pinbench itself',
      ],
    ]);
    const { overheadNsPerStep: _, ...environment } = gpuRecord().environment;
    const bare = sampleSweep({ strategies: { feed: (b) => 9000 + b } });
    expect(heads({ ...bare, environment })).toEqual(['batch', 'strategy', 'step', 'fixed cost (fit)']);
    expect(sections(dom(one(sampleRecord())))).not.toContain('parts');
  });

  it('has the command that made the record, quoted for a shell', () => {
    const record = { ...sampleRecord(), argv: ['run', "it's here.npy", '--batch', '2'] };
    expect(textOf(dom(one(record)), '#command pre')).toBe(`pinbench run 'it'\\''s here.npy' --batch 2`);
    expect(textOf(dom(one({ ...record, argv: [] })), '#command')).toContain(
      'A program made this measurement',
    );
  });
});

describe('text from outside', () => {
  const HOSTILE = `"><img src=x onerror=alert(1)></title></style></script><script>alert(2)</script><!-- ' & \u0000\u001b[31m\ud800\u202e`;

  function hostileRecord(): RunRecord {
    const record = gpuRecord({ batches: [8, 64] });
    record.dataset.path = HOSTILE;
    record.dataset.leftOut = [{ why: 'no-numbers', columns: 1, names: [HOSTILE] }];
    record.plan.columns = [HOSTILE];
    record.argv = ['run', HOSTILE];
    record.pinbench = HOSTILE;
    record.complete = false;
    record.reason = HOSTILE;
    const { environment } = record;
    Object.assign(environment, { node: HOSTILE, os: HOSTILE, arch: HOSTILE, cpu: HOSTILE, ci: HOSTILE });
    environment.git = { commit: HOSTILE, branch: HOSTILE, dirty: true };
    Object.assign(environment.devices[0]!, {
      name: HOSTILE,
      runtime: HOSTILE,
      driver: HOSTILE,
      pciBusId: HOSTILE,
    });
    for (const result of record.results) result.device = HOSTILE;
    const { engine, batch, work, device } = record.results[0]!;
    const row = { engine, batch, work, device, strategy: 'zero-copy' } as const;
    record.results.push({ ...row, status: 'skipped', reason: HOSTILE });
    (record.results[0] as MeasuredResult).conditions![0]!.after.throttled = [HOSTILE];
    record.warnings.push({ code: 'mig', engine, device: HOSTILE });
    return record;
  }

  it.each([1, 2])('stays text everywhere in a page of %i records', (count) => {
    const records = Array.from({ length: count }, (_, i) => ({
      name: `${HOSTILE}${i}`,
      record: hostileRecord(),
    }));
    const text = renderHtml(records);
    expect(text.match(/<script/g)).toHaveLength(1);
    expect(text.match(/<\/script/g)).toHaveLength(1);
    const page = text.replace(/<script[\s\S]*<\/script>/, '');
    expect(page.search(/<!--|<img|<[a-z][^<>]*\son\w+=/i)).toBe(-1);
    expect(page.search(/[^\P{Cc}\n]|\u202e|\p{Surrogate}/u)).toBe(-1);
    const { document } = parseHTML(text);
    expect(document.querySelectorAll('img')).toHaveLength(0);
    expect(textOf(document, '#how')).toContain('"><img src=x onerror=alert(1)>');
  });

  it('can be read back unchanged', () => {
    const record = hostileRecord();
    expect(parseRecord('page.html', renderHtml(one(record)))).toEqual(record);
  });
});

describe('the size of a page', () => {
  const BATCHES = Array.from({ length: 16 }, (_, i) => 2 ** i);
  const WORKS = Array.from(
    { length: Math.ceil(1001 / BATCHES.length / STRATEGIES.length) },
    (_, i) => 2 ** i,
  );

  it('of a thousand rows is under a megabyte, with the whole record', () => {
    const record = gpuRecord({ names: STRATEGIES, works: WORKS, batches: BATCHES, rounds: 20 });
    expect(record.results.length).toBeGreaterThan(1000);
    const text = renderHtml(one(record));
    expect(Buffer.byteLength(text)).toBeLessThan(1e6);
    const { document } = parseHTML(text);
    expect(document.querySelectorAll('#rows tbody tr')).toHaveLength(record.results.length);
    expect(textOf(document, '#rounds')).toMatch(/Of \d+ cases, the \d+ with the widest intervals are shown/);
    const read = parseRecord('page.html', text);
    expect(read.results.map(nameOf)).toEqual(record.results.map(nameOf));
    expect(read).toEqual(record);
  });

  it('of a thousand rows of thirty machines is under a megabyte too', () => {
    const records = Array.from({ length: 30 }, (_, seed) => ({
      name: `node-${seed}`,
      record: gpuRecord({ seed, rounds: 20 }),
    }));
    expect(Buffer.byteLength(renderHtml(records))).toBeLessThan(1e6);
  });
});
