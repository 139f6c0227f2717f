/** The ways to change a byte: each bit, the limits of its range, its neighbours. */
export const BYTE_MUTATIONS: readonly ((byte: number) => number)[] = [
  ...Array.from({ length: 8 }, (_, bit) => (byte: number) => byte ^ (1 << bit)),
  () => 0,
  () => 0xff,
  (byte) => (byte + 1) & 0xff,
  (byte) => (byte - 1) & 0xff,
  () => 0x80,
  () => 0x7f,
];
