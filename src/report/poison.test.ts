import { describe, expect, it } from 'vitest';
import type { DataFile } from '../data/dataset.js';
import { PinbenchError } from '../errors.js';
import type { RunRecord } from '../record/schema.js';
import { sampleRecord } from '../record/testing/sample-record.js';
import { compareRecords } from '../regress/compare.js';
import { comparePairs } from '../regress/pairs.js';
import { FORMATS } from '../tables/formats.js';
import { COMPARE_FORMATS, REPORT_FORMATS } from '../words.js';
import { renderEngines } from './engines.js';
import { annotationOfError, annotationOfLost, annotationsOf } from './github.js';
import { type FoundEngine, inspectionOf, renderInspection } from './inspection.js';
import { renderPairs } from './pairs.js';
import { renderRegression } from './regression.js';
import { render } from './render.js';

/** Hostile text from outside: commands for terminals and CI services, text that changes direction, and markup. */
const POISON = [
  '\n::error file=a,line=1::owned',
  '\r\n::set-output name=a::b',
  ' \u2028::warning::owned',
  'a ##[error]owned ##VSO[task.complete]owned ##teamcity[buildStop]',
  '\x1b]0;title\x07\x1b[2J\x9b31m\x7f\x00',
  '\u202egpj.exe\u2066\u061c\u200f',
  '<img src=x onerror=alert(1)>[link](http://example.invalid)![](x)`code`|cell|**bold**',
  '</script><script>alert(1)</script>',
].join('');
const FORMULAS = ['=HYPERLINK("http://example.invalid")', '+1+1', '-2+3', '@SUM(A1)', '\t=1', '＝1'];

/** A record in which every text that an outsider can choose is this one. */
function poisoned(text: string): RunRecord {
  const record = sampleRecord();
  const device = `NVIDIA${text}`;
  const row = <Row extends { device: string }>(result: Row): Row => ({
    ...result,
    device,
    ...('reason' in result && { reason: text }),
  });
  return {
    ...record,
    argv: ['run', text],
    dataset: {
      ...record.dataset,
      path: text,
      leftOut: [{ why: 'no-numbers', columns: 1, names: [text] }],
    },
    plan: { ...record.plan, columns: [text] },
    environment: {
      ...record.environment,
      ...{ node: text, os: text, arch: text, cpu: text, ci: text },
      git: { commit: 'a'.repeat(40), branch: text, dirty: true },
      devices: record.environment.devices.map((one) => ({ ...one, name: device, runtime: text })),
    },
    results: record.results.map(row),
    complete: false,
    reason: text,
  };
}

/** Characters other than tabs that control a terminal or change the direction of text, and lines that a CI service reads as commands. */
const COMMANDS = /[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|^\s*::|##\w*\[/imu;

function expectHarmless(text: string): void {
  const at = text.search(COMMANDS);
  expect(at === -1 ? '' : text.slice(Math.max(0, at - 40), at + 40)).toBe('');
}

const named = (text: string) => [{ name: text, record: poisoned(text) }];

describe('text from outside', () => {
  it.each(REPORT_FORMATS)('is harmless in a report as %s', async (format) => {
    for (const width of [60, 100, 200])
      expectHarmless(await render(format, named(POISON), { color: false, width, watched: false }));
    if (FORMATS[format].takes === 'several')
      expectHarmless(await render(format, [...named(POISON), ...named(`b${POISON}`)]));
  });

  it('never begins a line with a command, wherever it is wrapped', async () => {
    for (let length = 50; length <= 100; length++) {
      const record = poisoned(`${'a'.repeat(length)}  ::error::b`);
      expectHarmless(
        await render('table', [{ name: 'r', record }], { color: false, width: 100, watched: false }),
      );
    }
  });

  it('notifies nobody and makes no link in Markdown', async () => {
    const record = poisoned('@octocat https://example.invalid www.example.invalid');
    const text = await render('markdown', [{ name: '@octocat', record }]);
    expect(text).not.toMatch(/@octocat|:\/\/|www\./);
  });

  it.each(COMPARE_FORMATS)('is harmless in a comparison as %s', (format) => {
    const record = { ...poisoned(POISON), complete: true };
    const how = { metric: 'step', thresholdPercent: 5, ignoreDevice: false } as const;
    expectHarmless(renderRegression(format, compareRecords([[POISON, record]], [[POISON, record]], how)));
    const pair = { base: record, head: record };
    expectHarmless(
      renderPairs(
        format,
        comparePairs([pair], { base: POISON, head: POISON }, { thresholdPercent: 5, lost: [POISON] }),
      ),
    );
  });

  it('stays text in Markdown: no HTML, no link, no image, no new cell', async () => {
    const text = await render('markdown', named(POISON));
    expect(text).not.toMatch(/(?<!\\)(?:<|\[link\]|!\[|`code)/);
    const rows = text.split('\n').filter((line) => line.startsWith('|'));
    const bars = (line: string) => line.replace(/\\\|/g, '').split('|').length;
    expect(new Set(rows.map(bars)).size).toBe(1);
  });

  it('stays text in HTML: the only elements are those of pinbench', async () => {
    const text = await render('html', named(POISON));
    expect(text).not.toMatch(/<img|<script>alert/i);
  });

  it.each(FORMULAS)('stays text in CSV if it begins with the formula %j', async (formula) => {
    const [, line] = (await render('csv', [...named(formula), ...named('other')])).split('\n');
    expect(line).toMatch(/^"?'[=+\-@＝]|^"? /);
    const skipped = (await render('csv', named(formula))).split('\n').find((one) => one.includes('skipped'));
    expect(skipped).not.toMatch(/,"?[=+\-@\t＝]/);
  });

  it('does not change negative figures in CSV', async () => {
    const record = sampleRecord();
    const [feed, ...others] = record.results;
    const negative = { ...record, results: [{ ...feed!, epochSum: -5 }, ...others] } as RunRecord;
    expect(await render('csv', [{ name: 'r', record: negative }])).toMatch(/,-5,/);
  });

  it('is harmless in the output of inspect and engines', () => {
    const device = { name: POISON, gpu: true, runtime: POISON };
    const engine: FoundEngine = {
      name: 'cuda',
      availability: { available: true, devices: [device] },
      freeBytes: [1],
    };
    const file = {
      ...{ path: POISON, format: 'arrow', variety: POISON, shape: [2, 2], rows: 2, cols: 2, dtype: POISON },
      ...{ order: POISON, byteOrder: 'little', compression: POISON, fileBytes: 1 },
      columns: [{ name: POISON, type: POISON, width: 1 }],
    } as unknown as DataFile;
    expectHarmless(renderInspection(inspectionOf(file, 100, [engine])));
    const missing = { available: false, reason: POISON, remedy: POISON } as const;
    expectHarmless(renderEngines([engine, { name: 'webgpu', availability: missing }], false));
  });

  it('adds no command to an error or an annotation', () => {
    const error = new PinbenchError('data', {
      ...{ subject: POISON, observed: POISON, expected: POISON, remedy: POISON },
    });
    expectHarmless(error.message);
    const row = { engine: 'cuda', strategy: 'pin', batch: 2, work: 1, metric: 'step', note: POISON } as const;
    for (const line of [
      annotationOfError(error),
      annotationOfLost([`head: ${POISON}`]),
      ...annotationsOf([{ ...row, verdict: 'regressed', change: 2 }], ['regression']),
    ])
      expectHarmless(line.replace(/^::(error|warning) title=[a-z ]+::/, ''));
  });
});
