import { describe, expect, it } from 'vitest';
import { escaped, html, trusted } from './escape.js';

describe('a template of HTML', () => {
  it('escapes interpolated text, in an element and in an attribute', () => {
    const text = `</p><script>alert("1")</script> & 'x'`;
    const shown = '&lt;/p&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;';
    expect(html`<p title="${text}">${text}</p>`.text).toBe(`<p title="${shown}">${shown}</p>`);
  });

  it('joins lists, and does not escape templates', () => {
    const items = ['<', '>'].map((text) => html`<li>${text}</li>`);
    expect(html`<ul>${items}${[]}${['a', [html`<br>`, 2]]}</ul>`.text).toBe(
      '<ul><li>&lt;</li><li>&gt;</li>a<br>2</ul>',
    );
    expect(html`${trusted('<b>')}`.text).toBe('<b>');
  });

  it.each([
    ['a\u0000b\u001b[31mc\r\nd\u007f', 'a b [31mc d '],
    ['\u0085\u009f', ' '],
    ['\ud800a\udfff', '\ufffda\ufffd'],
    ['\ud83d\ude00 µ × ₂', '\ud83d\ude00 µ × ₂'],
    ['cod\u202egpj.npy\u2066', 'cod gpj.npy '],
  ])('removes characters that a page cannot contain or that hide others: %j', (text, expected) => {
    expect(escaped(text)).toBe(expected);
  });
});
