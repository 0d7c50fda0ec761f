import type { ControlledRequest } from './request.ts';

/** Items of the approvals table, whose key is `pk` alone. */

/** What a request is about; the list that it is in. */
export type RequestKindName = 'export' | 'destruction';

/** The partition of gsi2 in which approved destructions wait for their time, by when it comes. */
export const DUE_DESTRUCTIONS = 'DUE_DESTRUCTIONS';

/** The key of a request. */
export function requestKey(requestId: string) {
  return { pk: requestId };
}

/** The partition of gsi1 that lists the requests of one kind. */
export function requestList(kind: RequestKindName): string {
  return `REQUESTS#${kind}`;
}

/** The item of a request: in the list of its kind, and, as an approved destruction, among those that wait. */
export function requestItem(kind: RequestKindName, request: ControlledRequest) {
  const waits = kind === 'destruction' && request.status === 'approved' && request.use_from !== undefined;
  return {
    ...requestKey(request.id),
    ...request,
    gsi1pk: requestList(kind),
    gsi1sk: request.id,
    ...(waits ? { gsi2pk: DUE_DESTRUCTIONS, gsi2sk: `${request.retry_at ?? request.use_from}#${request.id}` } : {}),
  };
}
