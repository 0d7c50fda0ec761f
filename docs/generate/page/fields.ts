import { type Parameter, refName, type SchemaNode } from './document.ts';
import { type Html, html, inline, slug } from './html.ts';
import { notesOf } from './notes.ts';

/** The id of a component schema's section. */
export function schemaId(name: string): string {
  return `schema-${slug(name)}`;
}

/** A link to the section of a component schema. */
export function schemaLink(name: string): Html {
  return html`<a href="#${schemaId(name)}">${name}</a>`;
}

/** The type of a value in words, with links to the schemas it is made of. */
export function typeOf(node: SchemaNode): Html {
  if (node.$ref !== undefined) return schemaLink(refName(node.$ref));
  if (node.anyOf !== undefined) return joined(node.anyOf.map(typeOf));
  if (node.items !== undefined) return html`array of ${typeOf(node.items)}`;
  if (typeof node.additionalProperties === 'object' && node.properties === undefined) {
    return html`map of ${typeOf(node.additionalProperties)}`;
  }
  if (node.type === undefined) return html`any`;
  const name = (type: string) => (type === 'string' && node.format === 'date-time' ? 'timestamp' : type);
  return joined([node.type].flat().map((type) => html`${name(type)}`));
}

function joined(types: readonly Html[]): Html {
  return html`${types.map((type, i) => (i === 0 ? type : html` or ${type}`))}`;
}

/** Which fields are marked: in a request those that must be given, in an answer those that may be absent. */
type Marked = 'required' | 'optional';

/** The fields of an object, those of nested objects below it. */
export function fieldList(node: SchemaNode, marked: Marked): Html | undefined {
  const fields = Object.entries(node.properties ?? {});
  if (fields.length === 0) return undefined;
  const items = fields.map(([name, child]) =>
    field(name, child, mark(node.required.includes(name), marked), child.description, marked),
  );
  return html`<ul class="fields">${items}</ul>`;
}

/** Parameters as fields. */
export function parameterList(parameters: readonly Parameter[]): Html {
  const items = parameters.map((item) =>
    field(
      item.name,
      item.schema,
      mark(item.required, 'required'),
      item.description ?? item.schema.description,
      'required',
    ),
  );
  return html`<ul class="fields">${items}</ul>`;
}

function mark(isRequired: boolean, marked: Marked): Html | undefined {
  if (isRequired !== (marked === 'required')) return undefined;
  return html` <span class="${marked}">${marked}</span>`;
}

function field(
  name: string,
  node: SchemaNode,
  flag: Html | undefined,
  description: string | undefined,
  marked: Marked,
): Html {
  const core = node.anyOf?.find((variant) => variant.type !== 'null') ?? node;
  const notes = notesOf(core, node.default);
  const head = html`<div><code>${name}</code> <span class="type">${typeOf(node)}</span>${flag}</div>`;
  const text = description === undefined ? undefined : html`<p>${inline(description)}</p>`;
  const small = notes.map((note, i) => (i === 0 ? note : html` · ${note}`));
  return html`<li>${head}${text}${notes.length === 0 ? undefined : html`<p class="notes">${small}</p>`}${fieldList(
    core.items ?? core,
    marked,
  )}</li>`;
}
