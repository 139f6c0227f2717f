import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { commandOf } from './command.js';

describe('the command', () => {
  it('is not quoted if no argument needs it', () => {
    const args = ['run', 'data/big.npy', '--batch', '1..65536', '--json=-', '-s', 'feed,pin'];
    expect(commandOf(args)).toBe('pinbench run data/big.npy --batch 1..65536 --json=- -s feed,pin');
  });

  it('has quotes around arguments that need them', () => {
    expect(commandOf(['run', 'my data.npy', "it's", '', '$HOME', '`x`'])).toBe(
      `pinbench run 'my data.npy' 'it'\\''s' '' '$HOME' '\`x\`'`,
    );
  });

  it('escapes invisible characters, on one line', () => {
    expect(commandOf(['a\nb\t\u001b[31m', `\u202e'\\`])).toBe(
      `pinbench $'a\\nb\\t\\x1b[31m' $'\\u202e\\'\\\\'`,
    );
  });

  it.skipIf(process.platform === 'win32')('gives bash the original arguments', () => {
    const args = [
      'a b',
      "it's",
      '"',
      '\\',
      '$(echo x)',
      'a\nb',
      '\u0007f',
      "\u001b'\\n",
      '*',
      '~',
      '#',
      '',
      '!',
      'µ',
    ];
    const command = commandOf(args).replace(/^pinbench/, "printf '%s\\0'");
    const { stdout } = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
    expect(stdout.split('\0').slice(0, -1)).toEqual(args);
  });
});
