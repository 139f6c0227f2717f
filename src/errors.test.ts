import { describe, expect, it } from 'vitest';
import { dataError, PinbenchError, usageError } from './errors.js';

const long = (length: number) => 'n'.repeat(length);

describe('the message of an error', () => {
  it('states the observation, the expectation and the remedy in one line', () => {
    const error = usageError('--column', 'no column "a\n"', { expected: 'of "b"', remedy: 'look' });
    expect(error.message).toBe('--column: no column "a "; expected of "b"; look');
  });

  it('has a limited length, however long a name in it is, and keeps the short parts whole', () => {
    for (const error of [
      dataError(long(5000), 'no such file'),
      dataError('a.npy', `column "${long(62_000)}" has a null`, {
        expected: 'numbers alone',
        remedy: 'fill it',
      }),
      usageError('--column', long(300), { expected: long(300), remedy: long(300) }),
    ]) {
      expect(error.message.length).toBeLessThan(400);
      expect(error.message.length).toBeGreaterThan(380);
    }
    const { message, observed } = dataError('a.npy', long(1000), { expected: 'numbers', remedy: 'fill it' });
    expect(message).toMatch(/^a\.npy: n+…n+; expected numbers; fill it$/);
    expect(observed).toHaveLength(1000);
  });

  it('of an engine is not shortened', () => {
    const error = new PinbenchError('engine', { subject: 'cuda', observed: long(1000) });
    expect(error.message).toHaveLength(1006);
  });
});
