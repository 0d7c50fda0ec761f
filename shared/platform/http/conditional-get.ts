import type { Route } from './route.ts';

/** An entity tag as a list in If-None-Match has it (https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3). */
const ENTITY_TAG = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g;

/**
 * Whether who asks has this answer already: If-None-Match names its entity tag, compared weakly, or is `*`
 * (https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2). A header that can't be read names none.
 *
 * @param header the value of If-None-Match
 * @param etag of the answer
 */
export function namesEtag(header: string | undefined, etag: string | undefined): boolean {
  if (header === undefined || etag === undefined) return false;
  if (header.trim() === '*') return true;
  return (header.match(ENTITY_TAG) ?? []).some((tag) => tag.replace(/^W\//, '') === etag);
}

/** How long an answer of a route may be kept, by who asked for it and nobody between; without a word of it the answer is no-store. */
export function cacheControlOf({ cacheSeconds }: Pick<Route, 'cacheSeconds'>): Readonly<Record<string, string>> {
  return cacheSeconds === undefined ? {} : { 'Cache-Control': `private, max-age=${cacheSeconds}` };
}
