import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Orders } from '../../plan/order.js';
import { STRATEGIES, type StrategyName } from '../../words.js';
import type { Device } from '../engine.js';
import { MemoryLibrary } from './testing/memory-library.js';
import { openOn, strategyOf } from './testing/on-device.js';
import { datasetOf, planOf, VerifiedSession, verifyOn } from './testing/verify.js';

const LOCKED = ['feed-locked', 'feed-ahead', 'zero-copy'] as const;

describe('the shared copies of a dataset', () => {
  let library: MemoryLibrary;
  let device: Device;
  beforeEach(async () => {
    library = new MemoryLibrary();
    device = await openOn(library);
  });
  afterEach(() => device[Symbol.asyncDispose]());

  const usedBytes = () => {
    const [free, total] = [new BigUint64Array(1), new BigUint64Array(1)];
    library.call.cuMemGetInfo_v2(free, total);
    return Number(total[0]! - free[0]!);
  };
  const registered = () => library.calls.get('cuMemHostRegister_v2') ?? 0;
  /** Prepares all sessions, runs an epoch of each, then disposes them. */
  const sideBySide = async (names: readonly StrategyName[], dataset = datasetOf('float32', 200, 5)) => {
    const sessions: VerifiedSession[] = [];
    for (const name of names) sessions.push(await VerifiedSession.prepare(device, dataset, name));
    for (const session of sessions) await session.setup();
    for (const session of sessions) await session.epoch(new Orders(session.plan), 0);
    for (const session of sessions.reverse()) await session[Symbol.asyncDispose]();
  };

  it('include one on the device, which is freed when the last session that uses it is disposed', async () => {
    const dataset = datasetOf('float32', 200, 5);
    const before = usedBytes();
    const pin = await VerifiedSession.prepare(device, dataset, 'pin');
    const replay = await VerifiedSession.prepare(device, dataset, 'pin-replay');
    for (const session of [pin, replay]) await session.setup();
    expect(usedBytes() - before).toBeGreaterThanOrEqual(4000);
    expect(usedBytes() - before).toBeLessThan(8000);
    await pin[Symbol.asyncDispose]();
    await pin[Symbol.asyncDispose]();
    expect(usedBytes() - before).toBeGreaterThanOrEqual(4000);
    await replay.epoch(new Orders(replay.plan), 0);
    await replay[Symbol.asyncDispose]();
    expect(usedBytes()).toBe(before);
  });

  it('need no additional free memory for a second strategy', async () => {
    const small = new MemoryLibrary({ memoryBytes: 6000 });
    const other = await openOn(small);
    const dataset = datasetOf('float32', 200, 5);
    const plan = planOf(dataset, { batch: [10] });
    const [pin, replay] = [strategyOf('pin'), strategyOf('pin-replay')];
    const first = await other.prepare(dataset, plan, pin);
    expect(other.supports(replay, plan)).toBe('yes');
    await first[Symbol.asyncDispose]();
    const larger = datasetOf('float32', 400, 5);
    expect(other.supports(replay, planOf(larger, { batch: [10] }))).not.toBe('yes');
    await other[Symbol.asyncDispose]();
  });

  it('use the dataset itself, page-locked in place, unless another session copies it from pageable memory', async () => {
    await sideBySide(LOCKED);
    expect(registered()).toBe(1);
    expect(library.copied['page-locked']).toBe(0);
    await sideBySide(['pin', ...LOCKED]);
    expect(registered()).toBe(2);
    await sideBySide(['feed', ...LOCKED]);
    expect(registered()).toBe(2);
    expect(library.copied['page-locked']).toBeGreaterThan(0);
  });

  it('include a page-locked copy if the system cannot lock memory in place', async () => {
    library.fail('cuMemHostRegister_v2', 1, 801);
    await sideBySide(LOCKED);
    expect(library.copied.registered).toBe(0);
    expect(library.copied['page-locked']).toBeGreaterThan(0);
  });

  it('may belong to two datasets, one after another or at the same time', async () => {
    const live = library.live;
    const [one, other] = [datasetOf('float32', 50, 5), datasetOf('float32', 50, 5)];
    other.values.reverse();
    for (const dataset of [one, other, one]) await sideBySide(STRATEGIES, dataset);
    const sessions: VerifiedSession[] = [];
    for (const dataset of [one, other]) {
      for (const name of STRATEGIES) sessions.push(await VerifiedSession.prepare(device, dataset, name));
    }
    for (const session of sessions) await session.setup();
    for (const session of sessions) await session.epoch(new Orders(session.plan), 0);
    for (const session of sessions) await session[Symbol.asyncDispose]();
    // The only remaining addition is the loaded float32 module.
    expect(library.live).toBe(live + 1);
  });

  it('keep their kind of memory while a session lives, in whatever sequence sessions come and go', async () => {
    const dataset = datasetOf('float32', 20, 5);
    const FROM: Partial<Record<StrategyName, readonly (keyof MemoryLibrary['copied'])[]>> = {
      feed: ['pageable'],
      'feed-locked': ['registered', 'page-locked'],
      'feed-ahead': ['registered', 'page-locked'],
    };
    await verifyOn(device, dataset, 'feed');
    const live = library.live;
    let state = 7;
    const drawn = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const sessions: { name: StrategyName; verified: VerifiedSession }[] = [];
    const met = new Set<string>();
    for (let turn = 0; turn < 300; turn++) {
      if (sessions.length > 0 && drawn(9) < sessions.length + 2) {
        const [gone] = sessions.splice(drawn(sessions.length), 1);
        await gone!.verified[Symbol.asyncDispose]();
      } else {
        const name = STRATEGIES[drawn(STRATEGIES.length)]!;
        const verified = await VerifiedSession.prepare(device, dataset, name);
        await verified.setup();
        sessions.push({ name, verified });
      }
      if (sessions.length === 0) expect(library.live).toBe(live);
      for (const { name, verified } of sessions) {
        const before = { ...library.copied };
        await verified.epoch(new Orders(verified.plan), turn);
        for (const kind of ['pageable', 'registered', 'page-locked'] as const) {
          if (FROM[name] === undefined || library.copied[kind] === before[kind]) continue;
          expect(FROM[name], name).toContain(kind);
          met.add(`${name}, ${kind}`);
        }
      }
    }
    for (const { verified } of sessions) await verified[Symbol.asyncDispose]();
    expect(library.live).toBe(live);
    expect([...met].sort()).toEqual([
      'feed, pageable',
      'feed-ahead, page-locked',
      'feed-ahead, registered',
      'feed-locked, page-locked',
      'feed-locked, registered',
    ]);
  });
});
