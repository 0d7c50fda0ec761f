import { type ApiDocument, type Parameter, resolve, type SchemaNode } from './document.ts';

/** Deeper than any declared schema; ends a schema that contains itself. */
const MAX_DEPTH = 8;

/**
 * A value that fits a schema as well as the schema tells: its example, default or first choice, else its type's name.
 *
 * @param only which properties of the outermost object to show
 */
export function exampleOf(
  document: ApiDocument,
  schema: SchemaNode,
  only: 'required' | 'all' = 'all',
  depth = 0,
): unknown {
  const node = resolve(document, schema);
  const given = node.examples?.[0] ?? node.const ?? node.enum?.[0];
  if (given !== undefined) return given;
  const [variant] = node.anyOf ?? [];
  if (variant !== undefined) return exampleOf(document, variant, 'all', depth);
  if (node.properties !== undefined && depth < MAX_DEPTH) {
    const shown = Object.entries(node.properties).filter(([name]) => only === 'all' || node.required.includes(name));
    return Object.fromEntries(shown.map(([name, child]) => [name, exampleOf(document, child, 'all', depth + 1)]));
  }
  if (node.items !== undefined && depth < MAX_DEPTH) return [exampleOf(document, node.items, 'all', depth + 1)];
  return node.default ?? byType(node);
}

function byType(node: SchemaNode): unknown {
  const type = Array.isArray(node.type) ? node.type[0] : node.type;
  if (type === 'integer' || type === 'number') return Math.max(node.minimum ?? 0, node.exclusiveMinimum === 0 ? 1 : 0);
  if (type === 'boolean') return false;
  if (type === 'object') return {};
  return type ?? null;
}

/** What the example needs to know of a request. */
export interface ExampleRequest {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly authenticated: boolean;
  readonly body: SchemaNode | undefined;
}

/** A request as a shell command. */
export function curlExample(document: ApiDocument, request: ExampleRequest): string {
  const text = (parameter: Parameter) => String(exampleOf(document, parameter.schema));
  const required = request.parameters.filter((parameter) => parameter.required);
  const path = required
    .filter((parameter) => parameter.in === 'path')
    .reduce(
      (url, parameter) => url.replace(`{${parameter.name}}`, () => encodeURIComponent(text(parameter))),
      request.path,
    );
  const query = required
    .filter((parameter) => parameter.in === 'query')
    .map((parameter) => `${parameter.name}=${encodeURIComponent(text(parameter))}`);
  const url = [path, ...(query.length === 0 ? [] : [query.join('&')])].join('?');
  const method = request.method === 'GET' ? '' : ` -X ${request.method}`;
  const lines = [
    `curl${method} "$HAVEN_URL${url}"`,
    ...(request.authenticated ? ['-H "Authorization: Bearer $HAVEN_API_KEY"'] : []),
    ...required
      .filter((parameter) => parameter.in === 'header')
      .map((parameter) => `-H '${quote(`${parameter.name}: ${text(parameter)}`)}'`),
    ...bodyLines(document, request.body),
  ];
  return lines.join(' \\\n  ');
}

/** Shows what must be given; where nothing must, everything that may be. */
function bodyLines(document: ApiDocument, body: SchemaNode | undefined): string[] {
  if (body === undefined) return [];
  const example = exampleOf(document, body, body.required.length === 0 ? 'all' : 'required');
  const json = JSON.stringify(example, null, 2).replaceAll('\n', '\n  ');
  return ["-H 'Content-Type: application/json'", `-d '${quote(json)}'`];
}

/** Makes a text safe inside single quotes of a shell. */
function quote(text: string): string {
  return text.replaceAll("'", "'\\''");
}
