import type { SchemaNode } from './document.ts';
import { type Html, html, type Part } from './html.ts';

/**
 * What a value must be, in words, besides its type.
 *
 * @param node the schema
 * @param fallback its default, which may stand outside of the schema; undefined: none
 */
export function notesOf(node: SchemaNode, fallback: unknown): readonly Part[] {
  const [example] = node.examples ?? [];
  return [
    ...constraints(node),
    ...(fallback === undefined ? [] : [html`Default ${literal(fallback)}`]),
    ...(example === undefined ? [] : [html`Example ${literal(example)}`]),
  ];
}

function constraints(node: SchemaNode): Part[] {
  const choices = node.enum ?? (node.const === undefined ? [] : [node.const]);
  if (choices.length > 0) return [html`One of ${choices.map((value, i) => [i === 0 ? '' : ', ', literal(value)])}`];
  const { additionalProperties: values, propertyNames: names } = node;
  return [
    ...span(node.minLength, node.maxLength, ' characters'),
    ...span(node.minItems, node.maxItems, ' entries'),
    ...range(node),
    ...matching('Matches', node.format === undefined ? node.pattern : undefined),
    ...matching('Names match', names?.pattern),
    ...matching('Values match', typeof values === 'object' ? values.pattern : undefined),
  ];
}

/** Bounds that a number has only because a double can't hold more are not told. */
function range({ minimum, exclusiveMinimum, maximum }: SchemaNode): Part[] {
  const high = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  if (exclusiveMinimum !== undefined) return [`More than ${exclusiveMinimum}`, ...span(undefined, high, '')];
  return span(minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum, high, '');
}

function span(low: number | undefined, high: number | undefined, unit: string): Part[] {
  if (low !== undefined && high !== undefined) return [`${low} to ${high}${unit}`];
  if (high !== undefined) return [`At most ${high}${unit}`];
  return low === undefined ? [] : [`At least ${low}${unit}`];
}

function matching(words: string, pattern: string | undefined): Part[] {
  return pattern === undefined ? [] : [html`${words} <code>${pattern}</code>`];
}

function literal(value: unknown): Html {
  return html`<code>${typeof value === 'string' && value !== '' ? value : JSON.stringify(value)}</code>`;
}
