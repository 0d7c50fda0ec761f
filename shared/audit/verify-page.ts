import type { Deadline } from '#shared/platform/deadline.ts';
import type { ListPager } from '#shared/platform/http/list-pager.ts';
import type { AuditHead } from './audit-entry.ts';
import type { WalkPosition } from './verify-stream.ts';
import { type Verification, type VerifyDependencies, verifyStream } from './verify-use-case.ts';

/** A stream to be verified, and where to go on. */
export interface VerifyRequest {
  readonly stream: string;
  /** Reads where the stream ends, strongly consistent. */
  readonly head: () => Promise<AuditHead>;
  readonly cursor: string | undefined;
}

/**
 * Verifies as much of a stream as there is time for. The cursor is signed: nobody can begin a walk at a place that none
 * has come to.
 *
 * @throws INVALID_PARAMETER for a cursor of another stream; ANCHORS_UNAVAILABLE
 */
export async function verifyPage(
  deps: VerifyDependencies,
  pager: ListPager,
  { stream, head, cursor }: VerifyRequest,
  deadline: Deadline,
): Promise<Verification & { readonly next_cursor: string | null }> {
  let verification: Verification | undefined;
  const { next_cursor } = await pager.page('audit-verify', { stream }, cursor, async (position) => {
    const found = await verifyStream(
      deps,
      stream,
      head,
      deadline,
      position === undefined ? undefined : parse(position),
    );
    verification = found.verification;
    return { rows: [], lastId: found.next === undefined ? undefined : `${found.next.seq}:${found.next.hash}` };
  });
  if (verification === undefined) throw new Error('The pager read no page');
  return { ...verification, next_cursor };
}

/** A position that this module wrote: its cursor was signed. */
function parse(position: string): WalkPosition {
  const [seq = '', hash = ''] = position.split(':');
  return { seq: Number(seq), hash };
}
