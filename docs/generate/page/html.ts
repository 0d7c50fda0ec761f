/** Markup that is safe to write: made by `html`, with everything put into it escaped. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

/** What can be put into markup: text is escaped, lists are joined, nothing is nothing. */
export type Part = Html | string | number | undefined | readonly Part[];

/** Makes markup; the literal parts are trusted, the values are not. */
export function html(literals: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(literals.map((literal, i) => literal + render(parts[i])).join(''));
}

function render(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Html) return part.markup;
  if (typeof part === 'string') return escapeHtml(part);
  if (typeof part === 'number') return String(part);
  return part.map(render).join('');
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Makes a text safe between tags and in quoted attributes. */
function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}

/** A short text with `code` in backticks. */
export function inline(text: string): Html {
  return html`${text.split('`').map((piece, i) => (i % 2 === 0 ? piece : html`<code>${piece}</code>`))}`;
}

/** Paragraphs, parted by empty lines, with `code` in backticks. */
export function prose(text: string): Html {
  return html`${text.split(/\n{2,}/).map((paragraph) => html`<p>${inline(paragraph)}</p>`)}`;
}

/** A path or a code, which can be broken after each of its parts. */
export function breakable(text: string): Html {
  return html`${text.split(/(?<=[/_])/).map((piece, i) => (i === 0 ? piece : html`<wbr>${piece}`))}`;
}

/** A text as part of an id or a fragment. */
export function slug(text: string): string {
  return text.replaceAll(/[^\w-]+/g, '-');
}
