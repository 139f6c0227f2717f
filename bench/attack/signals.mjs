import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { recordSchema } from '../../dist/record/schema.js';
import { DATA, RUN, started } from './program.mjs';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'];
const OLD = 'what was there before';

/**
 * Sends a run one or two signals, half of the time at a random moment and half of the time while it writes a file. The record must be
 * the old one or a complete new one, and no other file may be left.
 */
export async function attackSignals({ folder, dice, count }) {
  const found = [];
  const tries = Array.from({ length: count }, () => ({
    signal: dice.of(SIGNALS),
    // The first two temporary files try whether the folder can be written to, the others hold the outputs.
    atFile: dice.below(2) === 0 ? 1 + dice.below(4) : undefined,
    afterMs: dice.below(1400),
    again: dice.below(4) === 0 ? dice.below(30) : undefined,
  }));
  const next = tries[Symbol.iterator]();
  const work = async () => {
    for (const one of next) {
      const fault = await attempt(mkdtempSync(join(folder, 'signal-')), one);
      const when = one.atFile === undefined ? `after ${one.afterMs} ms` : `at temporary file ${one.atFile}`;
      if (fault !== undefined) found.push(`${one.signal} ${when}: ${fault}`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return { tries: count, found };
}

async function attempt(cwd, { signal, atFile, afterMs, again }) {
  writeFileSync(join(cwd, 'record.json'), OLD);
  const { child, ended } = started(['run', DATA, ...RUN, '--json', 'record.json', '--csv', 'rows.csv'], cwd);
  if (atFile === undefined) await sleep(afterMs);
  else await seen(cwd, atFile, child);
  child.kill(signal);
  if (again !== undefined) {
    await sleep(again);
    child.kill(signal);
  }
  const end = await ended;
  if (![0, 130, ...SIGNALS].includes(end)) return `it ended with ${end}`;
  const text = readFileSync(join(cwd, 'record.json'), 'utf8');
  if (text !== OLD && !isRecord(text)) return 'the record is neither the old one nor a whole new one';
  // Before the measurement a signal may end the process, and after it when all is written.
  const isWriting = atFile !== undefined && atFile > 2;
  if (isWriting && SIGNALS.includes(end) && end !== 'SIGKILL' && text === OLD)
    return `it ended with ${end} and wrote nothing`;
  const strays = readdirSync(cwd).filter((name) => name !== 'record.json' && name !== 'rows.csv');
  // A killed process cannot remove its temporary file.
  return signal !== 'SIGKILL' && strays.length > 0 ? `it left ${strays.join(', ')}` : undefined;
}

/** Waits until the temporary file of this number is there, or the run has ended. */
async function seen(cwd, number, child) {
  const names = new Set();
  while (names.size < number && child.exitCode === null && child.signalCode === null) {
    for (const name of readdirSync(cwd)) if (name.startsWith('.pinbench-')) names.add(name);
    await setImmediate();
  }
}

function isRecord(text) {
  try {
    return recordSchema.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}
