import { type ErrorCode, errorCatalogue, isErrorCode } from '#shared/platform/errors/catalogue.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { type Problem, toProblem } from '#shared/platform/errors/problem.ts';
import { commonErrors, type Route } from '#shared/platform/http/route.ts';

/** A fixed occurrence: the document must come out the same on every run. */
const OCCURRENCE = {
  errorId: '6f1b1f0e-4b7a-4c53-9a55-0d6f7c1f2a10',
  requestId: '0f4b2c1e-9d8a-4f57-8b63-2f9d1c7e5a44',
  timestamp: '2026-11-21T18:30:00.000Z',
};

/** Every code, in the catalogue's order. */
export const ALL_CODES: readonly ErrorCode[] = Object.keys(errorCatalogue).filter(isErrorCode);

/** The errors of one HTTP status. */
export interface StatusErrors {
  readonly status: number;
  readonly codes: readonly ErrorCode[];
}

/** Every code that a route can answer, each once, by HTTP status; codes in the catalogue's order. */
export function errorsByStatus(route: Route): readonly StatusErrors[] {
  const declared = new Set<ErrorCode>([...commonErrors(route), ...route.errors]);
  const codes = ALL_CODES.filter((code) => declared.has(code));
  return [...Map.groupBy(codes, (code) => errorCatalogue[code].status)]
    .map(([status, ofStatus]) => ({ status, codes: ofStatus }))
    .sort((a, b) => a.status - b.status);
}

/** The answer to an error as a client sees it, made by the code that makes the real ones. */
export function exampleProblem(code: ErrorCode): Problem {
  return toProblem(new HavenError(code, errorCatalogue[code].title), OCCURRENCE);
}
