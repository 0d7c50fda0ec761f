import type { ApiDocument } from './document.ts';
import { schemaLink } from './fields.ts';
import { breakable, type Html, html } from './html.ts';
import { jsonCode, sample } from './sample.ts';

/** What holds for every operation, by the id of its part. */
export const GUIDE_PARTS = [
  { id: 'authentication', title: 'Authentication' },
  { id: 'idempotency', title: 'Repeating a request' },
  { id: 'versions', title: 'Versions' },
  { id: 'lists', title: 'Lists' },
  { id: 'rate-limits', title: 'Rate limits' },
  { id: 'errors', title: 'Errors' },
  { id: 'error-codes', title: 'Error codes' },
] as const;

type GuideId = (typeof GUIDE_PARTS)[number]['id'];

/** The parts of the guide, one after the other. */
export function guide(document: ApiDocument): Html {
  return html`${GUIDE_PARTS.map(({ id, title }) => {
    const { text, code } = TEXTS[id](document);
    const samples = code === undefined ? undefined : html`<div class="samples">${code}</div>`;
    return html`<section class="operation" id="${id}" aria-labelledby="${id}-title">
<div class="text"><h3 id="${id}-title">${title}</h3>${text}</div>${samples}
</section>
`;
  })}`;
}

interface GuideText {
  readonly text: Html;
  readonly code?: Html | undefined;
}

const TEXTS: Readonly<Record<GuideId, (document: ApiDocument) => GuideText>> = {
  authentication: () => ({
    text: html`<p>Send an API key as a bearer token. A key looks like <code>hvn_live_…</code> or <code>hvn_test_…</code> and
      is shown once, when it is issued. It holds scopes; each operation names the one it needs. The scope
      <code>*</code> stands for all.</p>
      <p>Keep keys on servers; only one with <code>catalog:read</code> and <code>carts:write</code> and nothing else may be
      published, in the pages of a storefront. A key can expire, can be tied to addresses, and stops working within 30 seconds of
      being revoked.</p>
      <p>Operators can send a JSON Web Token of the stage's OpenID Connect issuer instead. Its roles stand for scopes, and
      it works until it expires.</p>`,
    code: sample(
      'Set up a shell',
      html`HAVEN_URL=<i>the address of this page, up to /v1</i>\nHAVEN_API_KEY=<i>your key</i>\n\ncurl "$HAVEN_URL/admin/wallets" \\\n  -H "Authorization: Bearer $HAVEN_API_KEY"`,
    ),
  }),
  idempotency: () => ({
    text: html`<p>What creates or moves something needs the header <code>Idempotency-Key</code>: a value of your own, such as
      a UUID, for one intent. When you don't know whether a request arrived, send it again with the same key and the
      same body. It is done once; the answer is the first one, with <code>Idempotent-Replayed: true</code>, for 24
      hours.</p>
      <p>The same key with another request is refused:
      <a href="#error-IDEMPOTENCY_MISMATCH">IDEMPOTENCY_MISMATCH</a>. A refusal before any effect is not kept, so
      its key can be used again.</p>`,
  }),
  versions: () => ({
    text: html`<p>What can change carries <code>version</code>, and its answers an <code>ETag</code> such as
      <code>"v3"</code>. Send it as <code>If-Match</code> with a change, and the change is refused with
      <a href="#error-VERSION_MISMATCH">VERSION_MISMATCH</a> when someone else was faster. A change of what has no versions refuses the header rather
      than ignore it. Where it says so, <code>If-None-Match</code> with what you have is answered 304, without a
      body, as long as it is the newest.</p>`,
  }),
  lists: () => ({
    text: html`<p>Lists are answered newest first, <code>limit</code> entries at a time, 1 to 100. Where
      <code>next_cursor</code> is not null there is more: ask again with it as <code>cursor</code> and the same
      filters. A cursor is opaque and good for its own list and filters only.</p>`,
    code: sample('A page', html`{ <b>"data"</b>: [ … ], <b>"next_cursor"</b>: <i>"…"</i> }`),
  }),
  'rate-limits': () => ({
    text: html`<p>Each operation belongs to a rate class with a quota per minute, for the key and for the address it is used
      from. Answers tell what is left in <code>RateLimit</code> and the quota in <code>RateLimit-Policy</code>.
      Beyond it the answer is <a href="#error-RATE_LIMITED">RATE_LIMITED</a> with <code>Retry-After</code> in
      seconds.</p>`,
    code: sample('Headers', html`<b>RateLimit-Policy</b>: "write";q=600;w=60\n<b>RateLimit</b>: "write";r=599;t=1`),
  }),
  errors: (document) => ({
    text: html`<p>Errors are answered as <code>application/problem+json</code>: a ${schemaLink('Problem')}. Decide by
      <code>error</code>, the stable code; <code>message</code> is for developers, <code>user_message</code> may be
      shown to an end user. Quote <code>error_id</code> to support. After a 5xx answer or none at all, the request
      may have had its effect: repeat it with its Idempotency-Key.</p>`,
    code: errorSample(document),
  }),
  'error-codes': (document) => ({ text: errorTable(document) }),
};

function errorSample(document: ApiDocument): Html | undefined {
  const [first] = Object.values(document.components.examples);
  return first === undefined ? undefined : sample('An error', jsonCode(first.value));
}

function errorTable(document: ApiDocument): Html {
  const rows = Object.entries(document.components.examples).map(
    ([code, { value }]) => html`<tr id="error-${code}"><td><code>${breakable(code)}</code></td>
<td>${value.status}</td><td>${value.user_message}</td></tr>
`,
  );
  return html`<table>
<thead><tr><th scope="col">Code</th><th scope="col">Status</th><th scope="col">For end users</th></tr></thead>
<tbody>${rows}</tbody>
</table>`;
}
