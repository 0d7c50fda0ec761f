import { type Html, html } from './html.ts';

/** A titled block of code that can be scrolled with the keyboard. */
export function sample(title: string, code: Html): Html {
  return html`<figure class="sample"><figcaption>${title}</figcaption><pre tabindex="0"><code>${code}</code></pre></figure>`;
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
