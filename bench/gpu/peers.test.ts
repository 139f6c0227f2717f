import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { endPeers, Peer, type PeerLimits } from './peers.js';

const LIMITS: PeerLimits = { readyMs: 2000, answerMs: 700, stopMs: 300 };

/** A peer that is a shell script. */
const peerOf = (script: string, limits = LIMITS) => Peer.start('fake', 'sh', ['-c', script], limits);
const started = async (script: string): Promise<Peer> => {
  const peer = await peerOf(script);
  if (typeof peer === 'string') throw new Error(peer);
  return peer;
};
/** Whether a process with `mark` in its command line exists. */
const isThere = (mark: string) =>
  spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).stdout.includes(mark);

describe.skipIf(process.platform === 'win32')('a peer of the benchmark', () => {
  it('runs epochs on request, and ends when it is told to', async () => {
    const peer = await started(
      'echo ready; while read -r command rest; do case $command in order) echo ok;; *) echo 12 3.5;; esac; done',
    );
    await peer.order(2, 'file');
    expect(await peer.epoch('pin', 2)).toEqual({ ns: 12, sum: 3.5 });
    await peer.stop();
    await peer.stop();
    expect(peer.reason).toBeUndefined();
  });

  it.each([
    ['does not exist', undefined, /ENOENT/],
    ['exits with a message', 'echo no such module >&2; exit 3', /^fake: no such module$/],
    ['exits without a message', 'exit 3', /^fake: ended with 3$/],
    ['prints something else', 'echo hello; sleep 71', /^fake: printed "hello" instead of "ready"$/],
    ['prints nothing', 'exec sleep 72', /^fake: was not ready in 0\.4 s$/],
    ['leaves a child that keeps its output open', 'sleep 73 & exit 4', /^fake: ended with 4$/],
    ['closes its output and stays', 'exec >&-; exec sleep 74', /^fake: was not ready in 0\.4 s$/],
  ])('is skipped with a reason if it %s', async (_, script, reason) => {
    const limits = { ...LIMITS, readyMs: script === undefined || /exec/.test(script) ? 400 : 5000 };
    const said =
      script === undefined ? await Peer.start('fake', '/no/such', [], limits) : await peerOf(script, limits);
    expect(said).toMatch(reason);
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (script !== undefined)
      for (const mark of ['sleep 71', 'sleep 72', 'sleep 73', 'sleep 74']) expect(isThere(mark)).toBe(false);
  });

  it.each([
    ['no answer', 'echo ready; read -r _; sleep 81', 'did not answer "feed" in 0.7 s'],
    ['an invalid answer', 'echo ready; read -r _; echo 12 many; sleep 81', 'answered "12 many"'],
    ['its exit', 'echo ready; read -r _; echo lost the device >&2; exit 1', 'lost the device'],
  ])('is not waited for, then or later, after %s', async (_, script, reason) => {
    const peer = await started(script);
    expect(await peer.epoch('feed', 2)).toBeUndefined();
    expect(peer.reason).toBe(reason);
    expect(await peer.epoch('pin', 2)).toBeUndefined();
    await peer.order(2, 'file');
    await peer.stop();
    expect(isThere('sleep 81')).toBe(false);
  });

  it('is killed with its children if it does not end when told to', async () => {
    const peer = await started('sleep 91 & echo ready; wait; sleep 91');
    await peer.stop();
    expect(isThere('sleep 91')).toBe(false);
  });

  it('is killed by endPeers together with all others, which resolves pending requests', async () => {
    const [ready, starting] = [await started('echo ready; sleep 61'), peerOf('sleep 61')];
    const answer = ready.epoch('pin', 2);
    endPeers('interrupted');
    expect(await answer).toBeUndefined();
    expect([ready.reason, await starting]).toEqual(['interrupted', 'fake: interrupted']);
    await ready.stop();
    expect(isThere('sleep 61')).toBe(false);
  });
});
