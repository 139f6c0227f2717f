import { existsSync, readFileSync } from 'node:fs';
import koffi from 'koffi';
import { describe, expect, it } from 'vitest';
import { askForHugePages } from './huge-pages.js';

const MIB = 2 ** 20;

/** The flags of the mapping that contains an array's middle, as Linux reports them; `hg` means that huge pages were requested. */
function flagsOf(array: Uint8Array): string[] {
  const middle = koffi.address(array) + BigInt(array.length >> 1);
  const mapping = readFileSync('/proc/self/smaps', 'latin1')
    .split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)
    .find((text) => {
      const [from, to] = text.split(/[- ]/, 2).map((address) => BigInt(`0x${address}`));
      return from! <= middle && middle < to!;
    });
  return /^VmFlags: (.*)$/m.exec(mapping!)![1]!.trim().split(' ');
}

describe.runIf(existsSync('/sys/kernel/mm/transparent_hugepage'))('huge pages', () => {
  it('are requested for a large array and for no other', async () => {
    for (const bytes of [15 * MIB, 16 * MIB]) {
      const array = new Uint8Array(bytes);
      await askForHugePages(array);
      expect(flagsOf(array).includes('hg')).toBe(bytes === 16 * MIB);
      expect(array.every((byte) => byte === 0)).toBe(true);
    }
  });
});

it("requesting huge pages does not change an array's content", async () => {
  const array = new Float32Array(5 * MIB + 3).fill(1.5);
  await askForHugePages(array);
  expect(array.every((value) => value === 1.5)).toBe(true);
});
