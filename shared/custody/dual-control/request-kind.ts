import type * as z from 'zod';
import type { ErrorCode } from '#shared/platform/errors/catalogue.ts';
import type { ControlledRequest, Step } from './request.ts';
import type { RequestKindName } from './request-row.ts';

/** What differs between kinds of requests. */
export interface RequestKind<R extends ControlledRequest> {
  readonly name: RequestKindName;
  readonly schema: z.ZodType<R>;
  /** What it means that there is none of an id. */
  readonly notFound: ErrorCode;
  /** What is on the wallet's stream when it is asked for, and with each step. */
  readonly actions: Readonly<Record<Step | 'request', string>>;
  /** The sentence of the alert, by the same. */
  readonly summaries: Readonly<Record<Step | 'request', string>>;
  /** Facts for the audit entry and the alert, besides ids. */
  facts(request: R): Readonly<Record<string, unknown>>;
}
