import { type Html, html } from './html.ts';

/** A titled block of code. Long lines wrap, so that nothing needs to be scrolled with a pointer. */
export function sample(title: string, code: Html): Html {
  return html`<figure class="sample"><figcaption>${title}</figcaption><pre><code>${code}</code></pre></figure>`;
}

/** JSON with its names set off from its texts. */
export function jsonCode(value: unknown): Html {
  const text = JSON.stringify(value, null, 2);
  const pieces = text.split(/("(?:[^"\\]|\\.)*")/);
  return html`${pieces.map((piece, i) => {
    if (i % 2 === 0) return piece;
    return pieces[i + 1]?.startsWith(':') ? html`<b>${piece}</b>` : html`<i>${piece}</i>`;
  })}`;
}
