import { type ApiDocument, documentSchema } from './document.ts';
import { fieldList, schemaId } from './fields.ts';
import { GUIDE_PARTS, guide } from './guide.ts';
import { type Html, html, prose, slug } from './html.ts';
import { methodLabel, operationSection, type Placed } from './operation.ts';
import { STYLE } from './style.ts';

/**
 * docs/api.html: the API reference as one page without scripts or anything from elsewhere, fit to be served under
 * `default-src 'none'; style-src 'unsafe-inline'`.
 *
 * @param openApi the OpenAPI document
 * @throws ZodError when the document lacks what the page shows
 */
export function buildPage(openApi: unknown): string {
  const document = documentSchema.parse(openApi);
  const areas = document.tags.map((tag) => ({
    ...tag,
    id: `area-${slug(tag.name)}`,
    operations: within(document, tag.name),
  }));
  const { info } = document;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${info.title} reference</title>
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the reference</a>
<header class="side">
<p class="brand"><a href="#main">${info.title}</a> <span>${info.version}</span></p>
<details class="menu"><summary>Contents</summary>${contents(document, areas)}</details>
</header>
<main id="main">
<section class="operation" aria-labelledby="top"><div class="text">
<h1 id="top">${info.title} reference</h1>
${prose(info.description)}
<p>Base path <code>${document.servers[0].url}</code>.
Machines read the same as <a href="openapi.json">OpenAPI ${document.openapi}</a>.</p>
</div></section>
<h2 id="guide">For every operation</h2>
${guide(document)}
${areas.map(
  ({
    id,
    name,
    description,
    operations,
  }) => html`<div class="area"><h2 id="${id}">${capitalised(name)}</h2>${prose(description)}</div>
${operations.map((placed) => operationSection(document, placed))}`,
)}
<h2 id="schemas">Schemas</h2>
${Object.keys(document.components.schemas).map((name) => schemaSection(document, name))}
</main>
</body>
</html>
`.markup;
}

interface Area {
  readonly id: string;
  readonly name: string;
  readonly operations: readonly Placed[];
}

function within(document: ApiDocument, tag: string): readonly Placed[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => operation.tags[0] === tag)
      .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
}

function contents(document: ApiDocument, areas: readonly Area[]): Html {
  const schemas = Object.keys(document.components.schemas);
  return html`<nav aria-label="Contents">
<p><a href="#guide">For every operation</a></p>
<ul>${GUIDE_PARTS.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul>
${areas.map(
  ({ id, name, operations }) =>
    html`<p><a href="#${id}">${capitalised(name)}</a></p><ul>${operations.map(
      ({ method, operation }) =>
        html`<li><a href="#${operation.operationId}">${methodLabel(method)} ${operation.summary}</a></li>`,
    )}</ul>
`,
)}<p><a href="#schemas">Schemas</a></p>
<ul>${schemas.map((name) => html`<li><a href="#${schemaId(name)}">${name}</a></li>`)}</ul>
</nav>`;
}

function schemaSection(document: ApiDocument, name: string): Html {
  const node = document.components.schemas[name];
  if (node === undefined) throw new Error(`There is no schema ${name}`);
  const id = schemaId(name);
  const text = node.description === undefined ? undefined : prose(node.description);
  return html`<section class="operation" id="${id}" aria-labelledby="${id}-title">
<div class="text"><h3 id="${id}-title">${name}</h3>${text}${fieldList(node, 'optional')}</div>
</section>
`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
