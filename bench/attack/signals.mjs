import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { recordSchema } from '../../dist/record/schema.js';
import { DATA, RUN, started } from './program.mjs';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'];
const OLD = 'what was there before';

/**
 * Sends a run one or two signals at a random moment. The record must be the old one or a complete new one, and no other file may
 * be left.
 */
export async function attackSignals({ folder, dice, count }) {
  const found = [];
  const tries = Array.from({ length: count }, () => ({
    signal: dice.of(SIGNALS),
    afterMs: dice.below(1400),
    again: dice.below(4) === 0 ? dice.below(30) : undefined,
  }));
  const next = tries[Symbol.iterator]();
  const work = async () => {
    for (const one of next) {
      const fault = await attempt(mkdtempSync(join(folder, 'signal-')), one);
      if (fault !== undefined) found.push(`${one.signal} after ${one.afterMs} ms: ${fault}`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return { tries: count, found };
}

async function attempt(cwd, { signal, afterMs, again }) {
  writeFileSync(join(cwd, 'record.json'), OLD);
  const { child, ended } = started(['run', DATA, ...RUN, '--json', 'record.json', '--csv', 'rows.csv'], cwd);
  await sleep(afterMs);
  child.kill(signal);
  if (again !== undefined) {
    await sleep(again);
    child.kill(signal);
  }
  const end = await ended;
  if (![0, 130, 'SIGKILL', 'SIGINT', 'SIGTERM', 'SIGHUP'].includes(end)) return `it ended with ${end}`;
  const text = readFileSync(join(cwd, 'record.json'), 'utf8');
  if (text !== OLD && !isRecord(text)) return 'the record is neither the old one nor a whole new one';
  const strays = readdirSync(cwd).filter((name) => name !== 'record.json' && name !== 'rows.csv');
  // A killed process cannot remove its temporary file.
  return signal !== 'SIGKILL' && strays.length > 0 ? `it left ${strays.join(', ')}` : undefined;
}

function isRecord(text) {
  try {
    return recordSchema.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}
