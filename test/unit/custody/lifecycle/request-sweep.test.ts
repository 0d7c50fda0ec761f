import { describe, expect, it } from 'vitest';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { sweepSchema, sweepStream } from '#shared/custody/lifecycle/sweep.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { createLifecycleDesk, OPERATOR } from '#test/support/fakes/lifecycle-desk.ts';

const AT = isoTime(TEST_NOW_MS);

describe('asking for a sweep', () => {
  it('is written ahead with the rotation that asks for it, and shown', async () => {
    const desk = createLifecycleDesk();
    const { id } = await desk.createWallet();
    const { json } = await desk.rotate(id, { sweep: true });
    expect(json['sweep']).toEqual({
      status: 'open',
      requested_by: OPERATOR,
      requested_at: AT,
      transactions: [],
      failure: null,
      waiting_for: null,
      waiting_since: null,
      updated_at: AT,
    });
  });

  it('can be asked for later and again, one at a time, on record', async () => {
    const desk = createLifecycleDesk();
    const { id } = await desk.createWallet();
    expect((await desk.sweep(id)).json).toMatchObject({ error: 'INVALID_TRANSITION', details: { status: 'active' } });
    await desk.rotate(id);
    const answers = await Promise.all(Array.from({ length: 10 }, () => desk.sweep(id)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([202, ...Array.from({ length: 9 }, () => 409)]);
    desk.dynamo.put('ledger', { ...desk.row(id, 'SWEEP'), status: 'failed' });
    expect((await desk.sweep(id, { key: 'k' })).status).toBe(202);
    expect((await desk.sweep(id, { key: 'k' })).status).toBe(202);
    expect(desk.row(id, 'SWEEP')).toMatchObject({ status: 'open', round: 2, moves: [] });
    const stream = sweepStream(id);
    expect(await desk.entries(stream)).toMatchObject([
      { action: 'sweep.requested', actor: OPERATOR, reason: 'a laptop was stolen', detail: { round: 1 } },
      { action: 'sweep.requested', detail: { round: 2 } },
    ]);
    const stored = await createAuditStore(desk.client, 'audit').stored(stream);
    expect(firstBreak(stream, stored, sweepSchema.parse(desk.row(id, 'SWEEP')))).toBeNull();
    await desk.revoke(id);
    desk.dynamo.put('ledger', { ...desk.row(id, 'SWEEP'), status: 'failed' });
    expect((await desk.sweep(id)).json).toMatchObject({ error: 'INVALID_TRANSITION', details: { status: 'revoked' } });
  });
});
