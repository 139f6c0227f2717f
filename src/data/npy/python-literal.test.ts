import { describe, expect, it } from 'vitest';
import { LiteralError, parseLiteral } from './python-literal.js';

const integer = (value: number) => ({ kind: 'integer', value: BigInt(value) });
const string = (value: string) => ({ kind: 'string', value });

describe('parseLiteral', () => {
  it.each([
    ['3', integer(3)],
    [' -3\n', integer(-3)],
    ['+3', integer(3)],
    ['23L', integer(23)],
    ["'a'", string('a')],
    ['"it\'s"', string("it's")],
    ["'it\\'s \\\\ \\x41\\n\\q'", string("it's \\ A\n\\q")],
    ['True', { kind: 'bool', text: 'True' }],
    ['None', { kind: 'none', text: 'None' }],
    ['1.5e-3', { kind: 'float', text: '1.5e-3' }],
    ['()', { kind: 'tuple', items: [] }],
    ['(3)', integer(3)],
    ['(3,)', { kind: 'tuple', items: [integer(3)] }],
    ['[1 , 2,]', { kind: 'list', items: [integer(1), integer(2)] }],
    ['{}', { kind: 'dict', entries: [] }],
    ["{'a':(1,),}", { kind: 'dict', entries: [[string('a'), { kind: 'tuple', items: [integer(1)] }]] }],
  ])('reads %s', (text, literal) => {
    expect(parseLiteral(text)).toEqual(literal);
  });

  it('reads integers of any size exactly', () => {
    expect(parseLiteral('18446744073709551617')).toEqual({ kind: 'integer', value: 18446744073709551617n });
  });

  it.each([
    ['', 'the end where a value belongs', 0],
    ['{', 'the end where a value belongs', 1],
    ['(1', 'no comma before ""', 2],
    ['(1 2)', 'no comma before "2"', 3],
    ['(,)', '"," where a value belongs', 1],
    ['(1,,)', '"," where a value belongs', 3],
    ["{'a' 1}", '"1" where ":" belongs', 5],
    ["{'a':}", '"}" where a value belongs', 5],
    ["'a", 'a string without an end', 2],
    ["'a\nb'", 'a string without an end', 2],
    ["'a\rb'", 'a string without an end', 2],
    ['(2l,)', 'no comma before "l"', 2],
    ['\ufeff1', '"\ufeff" where a value belongs', 0],
    ["'\\xzz'", 'an invalid \\x escape', 3],
    ["'\\x4g'", 'an invalid \\x escape', 3],
    ['010', 'a number that begins with 0', 3],
    ['(1,\v2)', '"\v" where a value belongs', 3],
    ['-', 'a number without digits', 1],
    ['1 2', '"2" after the end', 2],
    ['{}\r ', 'spaces after the last line', 2],
    ['false', '"f" where a value belongs', 0],
    ["__import__('os')", '"_" where a value belongs', 0],
    ['[1)', 'no comma before ")"', 2],
  ])('refuses %j and says what is wrong and where', (text, message, position) => {
    try {
      parseLiteral(text);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(LiteralError);
      expect(error).toMatchObject({ message, position });
    }
  });

  it("accepts Python 2's L after an integer, and spaces after the last line, only if told to", () => {
    expect(() => parseLiteral('(2L,)', false)).toThrow('no comma before "L"');
    expect(() => parseLiteral('(2,)\n ', false)).toThrow('spaces after the last line');
    expect(parseLiteral('(2,)\n ')).toMatchObject({ kind: 'tuple' });
  });

  it('refuses nesting that would exhaust the stack', () => {
    expect(() => parseLiteral('['.repeat(100_000))).toThrow('nested too deeply');
  });
});
