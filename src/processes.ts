import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type ChildOutcome, childRun } from './child-run.js';
import { dataError, type ErrorCode, EXIT, nothingMeasuredError, PinbenchError } from './errors.js';
import { flagsOf } from './flags.js';
import { budgetTooShort, sufficientNsIn } from './measure/budget.js';
import type { Clock } from './measure/clock.js';
import type { CaseEnd } from './measure/measurement.js';
import type { Progress } from './measure/progress.js';
import { NarrowLooks } from './measure/stopping.js';
import { ROUNDS_A_PROCESS, type Settings } from './options.js';
import { haveOtherData } from './record/other-data.js';
import { type LostProcess, recordOfProcesses } from './record/processes.js';
import type { RunRecord } from './record/schema.js';
import { MIN_SAMPLES } from './stats/interval.js';

/** The inputs of a measurement in several processes. */
export interface ProcessesRequest {
  readonly path: string;
  readonly settings: Settings;
  /** The path of node. */
  readonly node: string;
  readonly clock: Clock;
  /** When the command began, ns of the clock. */
  readonly startedNs: number;
  readonly signal?: AbortSignal | undefined;
  readonly argv: readonly string[];
  readonly progress?: Progress | undefined;
}

/** The part of a budget that is reserved for combining the records and printing, ns. */
const CLOSING_NS = 300e6;
/** Exit codes that say that the request or the machine is at fault. A process that crashes or is killed may be the only one that does. */
const OF_EVERY_PROCESS: readonly (number | undefined)[] = [EXIT.usage, EXIT.data, EXIT.engine, EXIT.baseline];
/** After this many failed processes without a measurement, the run ends. */
const MAX_LOST_AT_FIRST = 3;

/**
 * Measures in fresh processes, one after the other, with `--rounds` rounds in each, and combines their records into one. Ends early
 * if two checks in a row, after each process from the sixth on, find the interval as narrow as `--until` asks, or if the budget is used
 * up. If a process fails, the record states it as lost. If interrupted, returns the processes measured so far, or throws if there are none.
 *
 * Throws a data error if the processes measured different data, and the error of a process that found a wrong sum. As long as no process
 * has measured anything, also throws the error of a process if every other one would repeat it, or if it is the third or the last.
 */
export async function runInProcesses(request: ProcessesRequest): Promise<RunRecord> {
  const { path, settings, node, clock, startedNs, signal, argv, progress } = request;
  const { processes = 1, budgetNs, untilPercent } = settings;
  const endNs = budgetNs === undefined ? Number.POSITIVE_INFINITY : startedNs + budgetNs - CLOSING_NS;
  const startedAt = new Date();
  const records: RunRecord[] = [];
  const lost: LostProcess[] = [];
  const looks = untilPercent === undefined ? undefined : new NarrowLooks(untilPercent);
  let end: CaseEnd['end'] = 'planned';
  let longestNs = 0;
  let failure: PinbenchError | undefined;
  for (let number = 1; number <= processes; number++) {
    const beganNs = clock.nowNs();
    if (number > 1 && beganNs + longestNs > endNs) {
      end = 'budget';
      break;
    }
    const leftNs =
      longestNs === 0 ? undefined : Math.min((processes - number + 1) * longestNs, endNs - beganNs);
    progress?.process?.({ paired: false, number, of: processes, leftNs });
    try {
      const outcome = await childRun({
        ...{ node, program: programOf(), signal },
        // The path follows --, because it may begin with a dash.
        args: [...flagsOf(ownSettings(settings, (endNs - beganNs) / (processes - number + 1))), '--', path],
      });
      if ('record' in outcome) {
        records.push(outcome.record);
        if (haveOtherData([records[0]!, outcome.record])) {
          throw dataError(path, 'the file changed during the run', {
            expected: 'the same data for every process',
          });
        }
        looks?.look(widestHalfWidthPercent(records));
      } else {
        failure = errorOf(outcome, settings, path, beganNs - startedNs);
        lost.push({ reason: reasonOf(outcome) });
        const isHopeless = OF_EVERY_PROCESS.includes(outcome.code) || lost.length >= MAX_LOST_AT_FIRST;
        if (outcome.code === EXIT.mismatch || (records.length === 0 && isHopeless)) throw failure;
      }
    } catch (error) {
      if (!(error instanceof PinbenchError) || error.code !== 'interrupted') throw error;
      if (records.length === 0) throw nothingMeasuredError(path);
      end = 'stopped';
      break;
    }
    longestNs = Math.max(longestNs, clock.nowNs() - beganNs);
    if (looks?.suffice) {
      end = 'until';
      break;
    }
  }
  if (records.length === 0) throw failure;
  const record = recordOfProcesses(records, { asked: { processes, untilPercent, budgetNs }, end, lost });
  return {
    ...record,
    ...(end === 'stopped' && { complete: false, reason: 'interrupted' }),
    startedAt: startedAt.toISOString(),
    argv: [...argv],
  };
}

/** Half the width of the widest interval over the processes, in percent. Infinite while there are too few processes. */
function widestHalfWidthPercent(records: readonly RunRecord[]): number {
  if (records.length < MIN_SAMPLES) return Number.POSITIVE_INFINITY;
  const { cases } = recordOfProcesses(records);
  return Math.max(...cases.map(({ halfWidthPercent }) => halfWidthPercent ?? Number.POSITIVE_INFINITY));
}

/** The path of the program that this module belongs to: the package or the bundle. */
function programOf(): string {
  const ofPackage = fileURLToPath(new URL('../bin/pinbench.js', import.meta.url));
  return existsSync(ofPackage) ? ofPackage : fileURLToPath(new URL('./cli.mjs', import.meta.url));
}

/** The settings of one process. Its share of the budget is a whole number of ms, so that the flag is short. */
function ownSettings(settings: Settings, shareNs: number): Partial<Settings> {
  const { rounds = ROUNDS_A_PROCESS, budgetNs } = settings;
  return {
    ...settings,
    rounds,
    processes: undefined,
    untilPercent: undefined,
    budgetNs: budgetNs === undefined ? undefined : Math.max(1e6, Math.floor(shareNs / 1e6) * 1e6),
  };
}

type Failed = Extract<ChildOutcome, { failed: string }>;

/** Why a child is lost. The user did not choose its share of the budget, so its own message would not be understood. */
function reasonOf({ failed }: Failed): string {
  return sufficientNsIn(failed) === undefined ? failed : 'its share of the budget was too short';
}

/** The error of a child, which started after `beforeNs`, as this process would have thrown it. */
function errorOf(
  { failed, code }: Failed,
  { budgetNs, processes = 1 }: Settings,
  path: string,
  beforeNs: number,
): PinbenchError {
  const childNs = sufficientNsIn(failed);
  if (budgetNs !== undefined && childNs !== undefined)
    return budgetTooShort(budgetNs, beforeNs + processes * childNs + CLOSING_NS, processes);
  const name = (Object.keys(EXIT) as (keyof typeof EXIT)[]).find((key) => EXIT[key] === code);
  const isKnown = (key: typeof name): key is ErrorCode =>
    key !== undefined && key !== 'ok' && key !== 'bug' && key !== 'regression' && key !== 'inconclusive';
  const [subject = '', ...rest] = failed.split(': ');
  return new PinbenchError(isKnown(name) ? name : 'engine', {
    ...(rest.length === 0 ? { subject: path, observed: failed } : { subject, observed: rest.join(': ') }),
  });
}
