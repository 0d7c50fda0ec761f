import { accessSentence } from '../operation.ts';
import {
  type ApiDocument,
  failuresOf,
  type Operation,
  type Parameter,
  parametersOf,
  resolve,
  type Success,
  successOf,
} from './document.ts';
import { curlExample, exampleOf } from './example.ts';
import { fieldList, parameterList, typeOf } from './fields.ts';
import { breakable, type Html, html, prose } from './html.ts';
import { jsonCode, sample } from './sample.ts';

/** An operation with where it is. */
export interface Placed {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** The name of an HTTP method, in its colour. */
export function methodLabel(method: string): Html {
  return html`<span class="method ${method.toLowerCase()}">${method}</span>`;
}

/** The section of one operation. */
export function operationSection(document: ApiDocument, placed: Placed): Html {
  const { method, path, operation } = placed;
  const { operationId: id, summary } = operation;
  return html`<section class="operation" id="${id}" aria-labelledby="${id}-title">
<div class="text">
<h3 id="${id}-title">${summary} <a class="anchor" href="#${id}" aria-label="Link to ${summary}">#</a></h3>
<p class="route">${methodLabel(method)} <code>${breakable(`${document.servers[0].url}${path}`)}</code></p>
${description(operation)}
${facts(operation)}
${parameters(document, operation)}
${requestBody(document, operation)}
${answer(successOf(operation))}
${failures(document, operation)}
</div>
<div class="samples">${samples(document, placed)}</div>
</section>
`;
}

/** The description but for the sentence on access, which the facts tell. */
function description(operation: Operation): Html {
  const access = accessSentence(operation['x-haven-scope']);
  const paragraphs = operation.description.split(/\n{2,}/).filter((paragraph) => paragraph !== access);
  return html`${paragraphs.map(prose)}`;
}

function facts(operation: Operation): Html {
  const scope = operation['x-haven-scope'];
  const access = scope === undefined ? html`Public` : html`Scope <code>${scope}</code>`;
  const rateClass = html`Rate class <code>${operation['x-haven-rate-class']}</code>`;
  return html`<ul class="facts"><li>${access}</li><li>${rateClass}</li></ul>`;
}

const PLACES: readonly { readonly place: Parameter['in']; readonly title: string }[] = [
  { place: 'path', title: 'Path parameters' },
  { place: 'query', title: 'Query parameters' },
  { place: 'header', title: 'Headers' },
];

function parameters(document: ApiDocument, operation: Operation): Html {
  const all = parametersOf(document, operation);
  return html`${PLACES.map(({ place, title }) => {
    const here = all.filter((parameter) => parameter.in === place);
    return here.length === 0 ? undefined : html`<h4>${title}</h4>${parameterList(here)}`;
  })}`;
}

function requestBody(document: ApiDocument, { requestBody: body }: Operation): Html | undefined {
  const declared = body?.content['application/json']?.schema;
  if (body === undefined || declared === undefined) return undefined;
  const schema = resolve(document, declared);
  const optional = body.required ? undefined : html` <span class="optional">optional</span>`;
  const text = schema.description === undefined ? undefined : prose(schema.description);
  return html`<h4>Body${optional}</h4>${text}${fieldList(schema, 'required')}`;
}

/** A schema with a name is told in its own section, which the type links to. */
function answer({ status, contentType, description: meaning, schema }: Success): Html {
  const fields = fieldList(schema, 'optional');
  const type = fields === undefined ? html`<span class="type">${typeOf(schema)}</span>` : undefined;
  const isJson = contentType === 'application/json';
  return html`<h4>Answer</h4><p><span class="status ok">${status}</span> ${meaning} ${
    isJson ? type : html`<code>${contentType}</code>`
  }</p>${fields}`;
}

function failures(document: ApiDocument, operation: Operation): Html {
  const rows = failuresOf(document, operation).map(({ status, codes }) => {
    const links = codes.map((code) => html`<a href="#error-${code}">${code}</a> `);
    return html`<li><span class="status">${status}</span> <span>${links}</span></li>`;
  });
  return html`<h4>Errors</h4><ul class="errors">${rows}</ul>`;
}

function samples(document: ApiDocument, { method, path, operation }: Placed): Html {
  const success = successOf(operation);
  const request = curlExample(document, {
    method,
    path,
    parameters: parametersOf(document, operation),
    authenticated: operation['x-haven-scope'] !== undefined,
    body: operation.requestBody?.content['application/json']?.schema,
  });
  const answerSample =
    success.contentType === 'application/json'
      ? sample(`Answer ${success.status}`, jsonCode(exampleOf(document, success.schema)))
      : undefined;
  return html`${sample('Request', html`${request}`)}${answerSample}`;
}
