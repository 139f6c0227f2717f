import type { DeviceRecord, MeasuredResult, RunRecord } from '../../record/schema.js';
import { counted, formatBytes, formatDuration, formatInteger } from '../../units.js';
import type { Named } from '../named.js';
import { type Content, html, type Markup } from './escape.js';
import { least, most } from './scales.js';
import { factsOf, type HtmlColumn, tableOf } from './table.js';

type Facts = readonly (readonly [name: string, value: string])[];
type Conditions = NonNullable<MeasuredResult['conditions']>;

/** The machines of the records, their devices, and the states of the devices during the measurement. */
export function environmentOf(records: readonly Named[]): Markup {
  const [only] = records;
  const machines = records.length === 1 ? machineOf(only!.record) : machinesTable(records);
  return html`${machines}${conditionsTable(records)}`;
}

function machineOf(record: RunRecord): Content {
  const host = factsOf(hostFacts(record));
  const devices = record.environment.devices.map(
    (device) => html`<section><h3>${device.engine}: ${device.name}</h3>
${factsOf(deviceFacts(device))}</section>
`,
  );
  return html`<div class="facts"><section><h3>The host</h3>
${host}</section>
${devices}</div>
`;
}

/** A device of a record, one row of the table of machines. */
interface Machine {
  readonly name: string;
  readonly device: string;
  readonly facts: ReadonlyMap<string, string>;
}

function machinesTable(records: readonly Named[]): Content {
  const rows = records.flatMap(({ name, record }): Machine[] =>
    record.environment.devices.map((device) => ({
      ...{ name, device: `${device.engine}: ${device.name}` },
      facts: new Map([
        ...deviceFacts(device),
        ...hostFacts(record).map(
          ([fact, value]) => [fact === 'memory' ? 'memory of the host' : fact, value] as const,
        ),
      ]),
    })),
  );
  const names = new Set(rows.flatMap(({ facts }) => [...facts.keys()]));
  const columns: HtmlColumn<Machine>[] = [
    { head: 'record', align: 'left', cell: ({ name }) => name },
    { head: 'device', align: 'left', cell: ({ device }) => device },
    ...[...names].map((head): HtmlColumn<Machine> => {
      return { head, align: 'left', cell: ({ facts }) => facts.get(head) ?? '' };
    }),
  ];
  return tableOf('Where it was measured', columns, [{ rows }]);
}

function hostFacts({ environment, startedAt, pinbench }: RunRecord): Facts {
  const { cpu, cores, memoryBytes, os, arch, node, ci, git } = environment;
  const branch = git?.branch === undefined ? '' : ` on ${git.branch}`;
  return [
    ['processor', `${cpu}, ${counted(cores, 'core')}`],
    ['memory', formatBytes(memoryBytes)],
    ['system', `${os}, ${arch}`],
    ['Node.js', node],
    ['pinbench', pinbench],
    ['measured', startedAt],
    ...(ci === undefined ? [] : [['CI', ci] as const]),
    ...(git === undefined
      ? []
      : [['git', `${git.commit}${branch}${git.dirty ? ', with uncommitted changes' : ''}`] as const]),
  ];
}

/** What is known about a device, in the order in which people look for it. */
function deviceFacts(device: DeviceRecord): Facts {
  const { link, memoryBytes, freeBytes, l2Bytes, floorNs, ecc, persistence, processes } = device;
  const memory = memoryBytes === undefined ? [] : [formatBytes(memoryBytes)];
  const free = freeBytes === undefined ? [] : [`${formatBytes(freeBytes)} free`];
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['GPU', device.gpu ? undefined : 'none: these figures say nothing about one'],
    ['runtime', device.runtime],
    ['driver', device.driver],
    ['memory', [...memory, ...free].join(', ') || undefined],
    ['L2 cache', l2Bytes === undefined ? undefined : formatBytes(l2Bytes)],
    ['compute capability', device.computeCapability],
    ['multiprocessors', device.multiprocessors?.toString()],
    [
      'link',
      link &&
        `PCIe ${link.generation} ×${link.width} during copies, at most PCIe ${link.maxGeneration} ×${link.maxWidth}`,
    ],
    ['coherent link', device.coherentLink === true ? "to the host's memory" : undefined],
    ["shares the host's memory", device.integrated === true ? 'yes' : undefined],
    ['PCI address', device.pciBusId],
    ['UUID', device.uuid],
    ['ECC', onOff(ecc)],
    ['persistence mode', onOff(persistence)],
    ['compute mode', device.computeMode],
    ['partition of a GPU (MIG)', device.mig === true ? 'yes' : undefined],
    ['other processes on it', processes?.toString()],
    ['empty kernel, launch and wait', floorNs === undefined ? undefined : formatDuration(floorNs)],
    ['clocks and link', device.monitored === false ? 'cannot be read' : undefined],
  ];
  return facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

function onOff(state: boolean | undefined): string | undefined {
  return state === undefined ? undefined : state ? 'on' : 'off';
}

/** The states of a device before and after each round of a record. */
interface Seen {
  readonly name: string;
  readonly device: string;
  readonly rounds: Conditions;
}

function conditionsTable(records: readonly Named[]): Content {
  const seen = records.flatMap(({ name, record: { results, environment } }): Seen[] =>
    environment.devices.flatMap(({ engine, name: device }) => {
      const rounds = results.flatMap((result) =>
        result.engine === engine && result.status === 'measured' ? (result.conditions ?? []) : [],
      );
      return rounds.length === 0 ? [] : [{ name, device: `${engine}: ${device}`, rounds }];
    }),
  );
  if (seen.length === 0) return '';
  const columns: HtmlColumn<Seen>[] = [
    ...(records.length > 1
      ? [{ head: 'record', align: 'left' as const, cell: ({ name }: Seen) => name }]
      : []),
    { head: 'device', align: 'left', cell: ({ device }) => device },
    range('clock', ({ smMHz }) => smMHz, 'MHz'),
    range('memory clock', ({ memoryMHz }) => memoryMHz, 'MHz'),
    range('power', ({ watts }) => watts, 'W'),
    range('temperature', ({ celsius }) => celsius, '°C'),
    { head: 'throttled', align: 'left', cell: ({ rounds }) => throttleWords(rounds) },
  ];
  return html`<h3>The device while it was measured</h3>
<p class="lead">The lowest and the highest values seen before and after the rounds.</p>
${tableOf('The device while it was measured', columns, [{ rows: seen }])}`;
}

type State = Conditions[number]['before'];

function range(head: string, of: (state: State) => number | undefined, unit: string): HtmlColumn<Seen> {
  const cell = ({ rounds }: Seen) => {
    const values = rounds.flatMap(({ before, after }) => [of(before) ?? [], of(after) ?? []].flat());
    if (values.length === 0) return '–';
    const [lo, hi] = [least(values), most(values)].map((value) => formatInteger(value));
    return lo === hi ? `${lo} ${unit}` : `${lo} to ${hi} ${unit}`;
  };
  return { head, align: 'right', cell };
}

function throttleWords(rounds: Conditions): string {
  const known = rounds.filter(({ after }) => after.throttled !== undefined);
  if (known.length === 0) return 'not known';
  const slowed = known.filter(({ after }) => after.throttled!.length > 0);
  if (slowed.length === 0) return 'never';
  const reasons = [...new Set(slowed.flatMap(({ after }) => after.throttled!))].join(', ');
  return `${formatInteger(slowed.length)} of ${formatInteger(known.length)} rounds (${reasons})`;
}
