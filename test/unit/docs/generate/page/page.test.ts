import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { allRoutes, type Routes } from '#functions/catalogue.ts';
import { commonErrors, defineRoute, type Route } from '#shared/platform/http/route.ts';
import { buildOpenApi } from '../../../../../docs/generate/openapi.ts';
import { buildPage } from '../../../../../docs/generate/page/page.ts';

/** Compressed, as API Gateway sends it: beyond this a page is slow to load on a phone (half a second of slow 4G, 1.6 Mbit/s). */
const MAX_SENT_BYTES = 100_000;
/** Beyond this it is slow to lay out there; API Gateway would pass on 10 MB. */
const MAX_PAGE_BYTES = 1_000_000;

const page = buildPage(buildOpenApi());
const routes: readonly (readonly [string, Route])[] = Object.entries(allRoutes);

/** All start tags with their attributes, in order, the attributes' values left out. */
function tagsOf(text: string): string[] {
  return [...text.matchAll(/<[a-z][^>]*>/gi)].map(([tag]) => tag.replaceAll(/"[^"]*"/g, '""'));
}

/** The section with an id. */
function sectionOf(id: string): string {
  const section = page.split(/(?=<section )/).find((text) => text.includes(`id="${id}"`));
  if (section === undefined) throw new Error(`${id} has no section`);
  return section;
}

describe('the page', () => {
  it('runs no script and loads nothing, so that its Content-Security-Policy can forbid both', () => {
    expect(page).not.toMatch(/<(script|link|img|iframe|object|embed|form|base|svg)\b/i);
    expect(page).not.toMatch(/\son\w+\s*=/i);
    // An address in an example is text; one in an attribute would be followed.
    expect(page).not.toMatch(/javascript:|@import|url\(|=\s*["']?\s*https?:|src=/i);
  });

  it('is small', () => {
    expect(Buffer.byteLength(page)).toBeLessThan(MAX_PAGE_BYTES);
    expect(gzipSync(page).byteLength).toBeLessThan(MAX_SENT_BYTES);
  });

  it('has every id once, and every link within it leads to one', () => {
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    const targets = [...page.matchAll(/\shref="#([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(targets.length).toBeGreaterThan(0);
    expect(targets.filter((target) => !ids.includes(target))).toEqual([]);
  });

  it('leaves out no level of headings', () => {
    const levels = [...page.matchAll(/<h([1-6])/g)].map(([, level]) => Number(level));
    expect(levels[0]).toBe(1);
    expect(levels.filter((level, i) => i > 0 && level > (levels[i - 1] ?? 0) + 1)).toEqual([]);
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
  });

  it('names its language and has the landmarks that assistive technologies jump to', () => {
    expect(page).toContain('<html lang="en">');
    expect(tagsOf(page).filter((tag) => tag.startsWith('<main'))).toHaveLength(1);
    expect(page).toMatch(/<nav aria-label="[^"]+">/);
    expect(page).toContain('<a class="skip" href="#main">');
  });

  it('fits light and dark surroundings and small screens', () => {
    expect(page).toContain('prefers-color-scheme: dark');
    expect(page).toContain('width=device-width');
  });

  it('refuses a document that lacks what it shows', () => {
    expect(() => buildPage({ openapi: '3.1.1' })).toThrow(z.ZodError);
  });
});

describe.each(routes)('the section of %s', (id, route) => {
  const section = sectionOf(id);

  it('tells method, path and who may call it', () => {
    expect(section).toContain(`>${route.method}</span>`);
    expect(section.replaceAll('<wbr>', '')).toContain(`/api/v1${route.path}</code>`);
    expect(section).toContain(route.access === 'public' ? 'Public' : `Scope <code>${route.access}</code>`);
  });

  it('shows every parameter and field that a request can have', () => {
    const names = [route.params, route.query, route.body].flatMap(({ shape }) => Object.keys(shape));
    for (const name of names) expect(section).toContain(`<code>${name}</code>`);
  });

  it('links every error', () => {
    for (const code of [...commonErrors(route), ...route.errors]) expect(section).toContain(`href="#error-${code}"`);
  });
});

describe('a text that would be markup', () => {
  /** A route that says the same text wherever a route can say something. */
  function saying(text: string): Routes {
    return {
      take: defineRoute({
        method: 'POST',
        path: '/samples/{id}',
        summary: text,
        description: text,
        tag: text,
        access: 'token:write',
        idempotent: true,
        rate: 'write',
        params: z.strictObject({ id: z.string().meta({ examples: [text] }) }),
        query: z.strictObject({ kind: z.literal(text).describe(text) }),
        body: z.strictObject({
          [text]: z.string().default(text),
          list: z.array(z.enum([text])).meta({ examples: [[text]] }),
        }),
        status: 201,
        response: z
          .object({ [text]: z.string().describe(text) })
          .meta({ examples: [{ [text]: text }], description: text }),
        errors: [],
      }),
    };
  }

  const plain = buildPage(buildOpenApi(saying('plain')));

  it.each([
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    '</code></pre></style></title><svg onload=alert(1)>',
    '<!-- --><![CDATA[ ]]>',
    '&lt;script&gt;alert(1)&lt;/script&gt;',
  ])('stays text: %s', (text) => {
    const hostile = buildPage(buildOpenApi(saying(text)));
    expect(tagsOf(hostile)).toEqual(tagsOf(plain));
    expect(hostile).not.toContain(text);
  });
});
