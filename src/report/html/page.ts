import { generatorTag, recordElement } from '../../record/page.js';
import type { RunRecord } from '../../record/schema.js';
import { answerSentences } from '../answer.js';
import type { Line } from '../layout.js';
import type { Named } from '../named.js';
import { linesOf } from '../sentences.js';
import { breakEvenSection } from './break-even-section.js';
import { commandOf } from './command.js';
import { environmentOf } from './environment.js';
import { type Content, html, type Markup, trusted } from './escape.js';
import { panelsOf } from './panels.js';
import { roundsSection } from './rounds-section.js';
import { rowsTable } from './rows-table.js';
import { section } from './section.js';
import { speedupSection } from './speedup-section.js';
import { stepSection } from './step-section.js';
import { inColour } from './strategy-words.js';
import { STYLE } from './style.js';
import { sweepSection } from './sweep-section.js';
import { factsOf } from './table.js';

/** The page runs no script and requests nothing: its styles and the record are inside it. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** The lines in the section about how the run was measured. */
const HOW: readonly Line['label'][] = ['device', 'dataset', 'left out', 'plan', 'harness'];

/** Records as one self-contained page without scripts and requests. `pinbench report` reads the records back from it. */
export function renderHtml(records: readonly Named[]): string {
  const panels = panelsOf(records);
  const lines = linesOf(records);
  const saying = (label: Line['label']) =>
    lines.filter((line) => line.label === label).map(({ text }) => text);
  const warnings = saying('warning');
  const how = lines.filter(({ label }) => HOW.includes(label));
  const { pinbench } = records[0]!.record;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
${trusted(generatorTag(pinbench))}
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${titleOf(records)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<p class="over">${overOf(records)}</p>
<h1>Copy each mini-batch to the GPU, or keep the dataset there?</h1>
<p class="subject">${subjectOf(records, saying('dataset'))}</p>
</header>
<main>
${answerOf(records, warnings.length)}
${sweepSection(panels)}
${speedupSection(panels)}
${breakEvenSection(panels)}
${roundsSection(panels)}
${stepSection(panels)}
${section('rows', 'All rows', [rowsTable(records), listOf(saying('skipped'))])}
${section('how', 'How it was measured', factsOf(how.map(({ label, text }) => [label, text])))}
${section('environment', 'Where it was measured', environmentOf(records))}
${section('warnings', 'Warnings', warnings.length === 0 ? html`<p class="lead">No warnings.</p>\n` : listOf(warnings))}
${section('command', 'How to repeat the measurement', commandsOf(records))}
</main>
${trusted(recordElement(records))}
</body>
</html>
`.text;
}

function listOf(texts: readonly string[]): Content {
  return texts.length === 0
    ? ''
    : html`<ul>${texts.map((text) => html`<li>${inColour(text)}</li>\n`)}</ul>\n`;
}

/** The answer, and what a reader must know before trusting it. */
function answerOf(records: readonly Named[], warnings: number): Markup {
  const sentences = answerSentences(records);
  const shown = sentences.length === 0 ? ['No strategy was compared with feed.'] : sentences;
  const gpu = records.some(({ record }) => record.environment.devices.some((device) => device.gpu));
  const notices: Content[] = [
    ...(gpu ? [] : ['No GPU was measured: these figures say nothing about one.']),
    ...(records.every(({ record }) => record.complete) ? [] : ['The run is incomplete.']),
    ...(warnings === 0
      ? []
      : [
          html`<a href="#warnings">${warnings === 1 ? 'There is a warning' : `There are ${warnings} warnings`}</a>.`,
        ]),
  ];
  return html`<section class="answer" aria-label="The answer">
${shown.map((sentence) => html`<p>${inColour(stopped(sentence))}</p>\n`)}${
  notices.length === 0 ? '' : html`<p class="notice">${notices.flatMap((notice) => [notice, ' '])}</p>\n`
}</section>`;
}

/** A sentence with a full stop, added if it is missing. */
function stopped(sentence: string): string {
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}

function titleOf(records: readonly Named[]): string {
  const paths = [...new Set(records.map(({ record }) => record.dataset.path))];
  return `${paths.length === 1 ? paths[0] : `${paths.length} datasets`} – pinbench`;
}

function overOf(records: readonly Named[]): string {
  const { pinbench, startedAt } = records[0]!.record;
  return records.length === 1
    ? `pinbench ${pinbench}, ${dateOf(startedAt)}`
    : `pinbench ${pinbench}, ${records.length} records`;
}

function dateOf(startedAt: RunRecord['startedAt']): string {
  const format = new Intl.DateTimeFormat('en-GB', {
    ...({ day: 'numeric', month: 'long', year: 'numeric', hour: '2-digit', minute: '2-digit' } as const),
    timeZone: 'UTC',
  });
  return `${format.format(new Date(startedAt))} UTC`;
}

/** The datasets and the devices; only their numbers if there are more than four. */
function subjectOf(records: readonly Named[], datasets: readonly string[]): Content {
  const all = records.flatMap(({ record }) => record.environment.devices);
  const devices = [...new Set(all.map(({ name }) => name))];
  const engines = [...new Set(all.map(({ engine }) => engine))];
  const some = (all: readonly string[], what: string) =>
    all.length > 4 ? `${all.length} ${what}` : all.flatMap((text, i) => (i === 0 ? [text] : ['; ', text]));
  return [some(datasets, 'datasets'), html`<br>`, some(devices, 'devices'), ` (${engines.join(', ')})`];
}

function commandsOf(records: readonly Named[]): Content {
  const commands = new Set(
    records.flatMap(({ record: { argv } }) => (argv.length === 0 ? [] : [commandOf(argv)])),
  );
  const shown =
    commands.size === 0
      ? html`<p class="lead">A program made this measurement, so there is no command.</p>\n`
      : html`<pre><code>${[...commands].map((command, i) => [i === 0 ? '' : html`\n`, command])}</code></pre>\n`;
  return html`${shown}<p class="lead">This page contains the record: <code>pinbench report</code> with the path of this page prints the table again, <code>pinbench report --format json</code> prints the record, and <code>pinbench compare</code> accepts the page as a baseline.</p>
`;
}
