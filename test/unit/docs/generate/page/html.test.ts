import { describe, expect, it } from 'vitest';
import { breakable, html, inline, prose, slug } from '../../../../../docs/generate/page/html.ts';

describe('markup', () => {
  it('escapes every text put into it, also one that looks escaped', () => {
    expect(html`<p title="${`"'<>&`}">${'&amp;'}</p>`.markup).toBe('<p title="&quot;&#39;&lt;&gt;&amp;">&amp;amp;</p>');
  });

  it('takes markup as it is, joins lists and leaves out nothing', () => {
    expect(html`<ul>${[html`<li>${1}</li>`, undefined, ['a', html`<b></b>`]]}</ul>`.markup).toBe(
      '<ul><li>1</li>a<b></b></ul>',
    );
  });
});

describe('a description', () => {
  it('shows what is in backticks as code, escaped', () => {
    expect(inline('Use `a<b` here').markup).toBe('Use <code>a&lt;b</code> here');
  });

  it('has a paragraph for each part between empty lines', () => {
    expect(prose('One\nline.\n\nAnother.').markup).toBe('<p>One\nline.</p><p>Another.</p>');
  });
});

it('a long name can be broken after its parts', () => {
  expect(breakable('/a/<b>_c').markup).toBe('/<wbr>a/<wbr>&lt;b&gt;_<wbr>c');
});

it('a slug has nothing that could end an attribute', () => {
  expect(slug('a "b" <c>&d')).toBe('a-b-c-d');
});
