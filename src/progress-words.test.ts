import { describe, expect, it } from 'vitest';
import type { Phase } from './measure/progress.js';
import { plansOf } from './plan/plan.js';
import { fetchingParts, lineOf, loadingParts, phaseParts, processParts } from './progress-words.js';
import { settingsOf } from './settings.js';

const SHAPE = { rows: 60_000, cols: 3, dtype: 'float32' } as const;
const [plan] = plansOf(SHAPE, settingsOf({ batch: 64 })).plans;
const phase: Phase = {
  ...{ engine: 'cuda', strategy: 'feed', plan: plan!, phase: 'measure', caseNumber: 3, cases: 17 },
  ...{ round: 12, rounds: 20, leftNs: 100e9 },
};
const before: Phase = { ...phase, phase: 'setup', round: undefined, rounds: undefined };
const lineAt = (told: Phase, width?: number) => lineOf(phaseParts(told), width);

describe('the line of a phase', () => {
  it('gives the case, the strategy, the round and the time left in all', () => {
    expect(lineAt(phase)).toBe('case 3 of 17 · feed · round 12 of 20 · 1m40 left in all · cuda, batch 64');
  });

  it.each<[string, Partial<Phase>, string]>([
    [
      'no number of rounds',
      { rounds: undefined },
      'case 3 of 17 · feed · round 12 · 1m40 left in all · cuda, batch 64',
    ],
    ['no time left', { leftNs: undefined }, 'case 3 of 17 · feed · round 12 of 20 · cuda, batch 64'],
    [
      'much work',
      { plan: { ...plan!, work: 8 } },
      'case 3 of 17 · feed · round 12 of 20 · 1m40 left in all · cuda, batch 64, work 8',
    ],
  ])('contains only the known parts: %s', (_, known, line) => {
    expect(lineAt({ ...phase, ...known })).toBe(line);
  });

  it.each<[Phase['phase'], string]>([
    ['trial', 'trying case 3 of 17 · feed · 1m40 left in all · cuda, batch 64'],
    ['setup', 'case 3 of 17 · feed · setting up · 1m40 left in all · cuda, batch 64'],
    ['verify', 'case 3 of 17 · feed · verifying · 1m40 left in all · cuda, batch 64'],
    ['warm-up', 'case 3 of 17 · feed · warming up · 1m40 left in all · cuda, batch 64'],
    ['phases', 'case 3 of 17 · feed · timing phases · 1m40 left in all · cuda, batch 64'],
    ['own-cost', "measuring pinbench's own cost · 1m40 left in all"],
  ])('has words for %s', (name, line) => {
    expect(lineAt({ ...before, phase: name })).toBe(line);
  });
});

describe('the line of a transfer', () => {
  const [done, total] = [0.456 * 2 ** 30, 2 ** 30];

  it('gives the loaded share of a file and the time left to load', () => {
    expect(lineOf(loadingParts(done, total, 12e9))).toBe(
      'loading 45 % · 467 MiB of 1.00 GiB · 12 s left to load',
    );
    expect(lineOf(loadingParts(done, total, undefined))).toBe('loading 45 % · 467 MiB of 1.00 GiB');
  });

  it('names what is fetched', () => {
    expect(lineOf(fetchingParts(done, total, 100e9, 'tensorflow==2.20.0'))).toBe(
      'fetching 45 % · 467 MiB of 1.00 GiB · 1m40 left to fetch · tensorflow==2.20.0',
    );
  });

  it('shows 100 % for an empty transfer and for more bytes than expected', () => {
    expect(lineOf(loadingParts(0, 0, undefined))).toMatch(/^loading 100 % · 0 B of 0 B$/);
    expect(lineOf(loadingParts(11, 10, 0))).toMatch(/^loading 100 % · 11 B of 10 B · 0 s left to load$/);
  });
});

describe('a line that is too long', () => {
  it('loses its parts in order of rank as the terminal narrows, and then its middle', () => {
    const lines = new Set<string>();
    for (let width = 100; width >= 0; width--) lines.add(lineAt(phase, width));
    expect([...lines].slice(0, 7)).toEqual([
      'case 3 of 17 · feed · round 12 of 20 · 1m40 left in all · cuda, batch 64',
      'case 3 of 17 · feed · round 12 of 20 · 1m40 left in all',
      'case 3 of 17 · round 12 of 20 · 1m40 left in all',
      'case 3 of 17 · 1m40 left in all',
      '1m40 left in all',
      '1m40 left … all',
      '1m40 left… all',
    ]);
  });

  it('is not shortened for the example at 60 columns', () => {
    expect(lineAt(phase, 59)).toBe('case 3 of 17 · feed · round 12 of 20 · 1m40 left in all');
  });

  it('fits any width, whatever its content', () => {
    const all = [
      ...[phase, before, { ...phase, leftNs: undefined }, { ...before, phase: 'trial' as const }].map(
        phaseParts,
      ),
      ...[phaseParts({ ...before, phase: 'own-cost' }), loadingParts(1, 2 ** 40, 1e12)],
      fetchingParts(5, 9, 3e9, 'nvidia-cusparse-cu12==12.5.1.3'),
    ];
    for (const parts of all) {
      for (let width = 0; width < 120; width++) {
        const { length } = lineOf(parts, width);
        expect(length).toBeLessThanOrEqual(width);
        expect(length > 0).toBe(width > 0);
      }
    }
  });
});

describe('a measurement in several processes', () => {
  it.each([
    [{ paired: false, number: 3, of: 8, leftNs: 100e9 }, 'process 3 of 8 · 1m40 left in all'],
    [{ paired: true, number: 1, leftNs: 120e9 }, 'pair 1 · 2m00 left in all'],
    [{ paired: false, number: 1, of: 8 }, 'process 1 of 8'],
  ] as const)('of %j says %s', (told, said) => {
    expect(lineOf(processParts(told))).toBe(said);
  });
});
