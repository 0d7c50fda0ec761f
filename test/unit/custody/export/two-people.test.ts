import { describe, expect, it } from 'vitest';
import { isoTime } from '#shared/platform/clock.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { APPROVER, approvedExport, createKeyDesk, REQUESTER, recipientKeys } from '#test/support/fakes/key-desk.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

describe('an export', () => {
  it('is approved by one of two who approve at once', async () => {
    const desk = await createKeyDesk();
    const { json } = await desk.requestExport((await recipientKeys()).publicJwk);
    const exportId = String(json['id']);
    const answers = await Promise.all([desk.approve(exportId, 'key_one'), desk.approve(exportId, 'key_two')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect((await desk.entries()).filter(({ action }) => action === 'export.approved')).toHaveLength(1);
  });

  it('is answered to the same approver twice alike, and changes nothing the second time', async () => {
    const { desk, exportId } = await approvedExport();
    desk.clock.advance(MINUTE_MS);
    expect((await desk.approve(exportId)).json).toMatchObject({ version: 2, approved_at: isoTime(TEST_NOW_MS) });
    expect(await desk.entries()).toHaveLength(2);
  });

  it('can not be approved by who asked for it', async () => {
    const desk = await createKeyDesk();
    const { json } = await desk.requestExport((await recipientKeys()).publicJwk);
    const answer = await desk.approve(String(json['id']), REQUESTER);
    expect([answer.status, answer.json['error']]).toEqual([403, 'FORBIDDEN']);
    expect((await desk.retrieve(String(json['id']))).status).toBe(409);
    expect(desk.control.accesses).toMatchObject([{ operation: 'approveExport', outcome: 'FORBIDDEN' }]);
    expect(desk.opened).toEqual([]);
  });

  it('is retrieved by nobody but who asked for it', async () => {
    const { desk, exportId } = await approvedExport();
    for (const who of [APPROVER, 'key_third']) expect((await desk.retrieve(exportId, who)).status).toBe(403);
    expect(desk.opened).toEqual([]);
    expect((await desk.retrieve(exportId)).status).toBe(200);
  });

  it.each([
    ['is not approved', 'approve'],
    ['was rejected', 'reject'],
    ['was cancelled', 'cancel'],
  ] as const)('that %s gives out nothing', async (_what, step) => {
    const desk = await createKeyDesk();
    const { json } = await desk.requestExport((await recipientKeys()).publicJwk);
    const exportId = String(json['id']);
    if (step !== 'approve') {
      await desk.approve(exportId);
      expect((await desk[step](exportId)).status).toBe(200);
      expect((await desk.approve(exportId)).status).toBe(409);
    }
    expect((await desk.retrieve(exportId)).json['error']).toBe('INVALID_TRANSITION');
    expect(desk.opened).toEqual([]);
  });

  it('can be approved for a day', async () => {
    const desk = await createKeyDesk();
    const { json } = await desk.requestExport((await recipientKeys()).publicJwk);
    desk.clock.advance(DAY_MS);
    expect((await desk.approve(String(json['id']))).json).toMatchObject({ details: { status: 'expired' } });
  });

  it('that was forged into an approval by its own requester is not given out', async () => {
    const { desk, exportId } = await approvedExport();
    const [row] = desk.items('approvals');
    desk.dynamo.put('approvals', { ...row, approved_by: REQUESTER });
    expect((await desk.retrieve(exportId)).status).toBe(403);
    expect(desk.opened).toEqual([]);
  });
});
