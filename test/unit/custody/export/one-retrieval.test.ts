import { describe, expect, it } from 'vitest';
import { approvedExport } from '#test/support/fakes/key-desk.ts';

const MINUTE_MS = 60_000;

describe('an approved export', () => {
  it('is given out once', async () => {
    const { desk, exportId } = await approvedExport();
    expect((await desk.retrieve(exportId)).status).toBe(200);
    const again = await desk.retrieve(exportId);
    expect([again.status, again.json['error']]).toEqual([409, 'INVALID_TRANSITION']);
    expect(JSON.stringify(again.json)).not.toContain('eyJ');
    expect(desk.opened).toHaveLength(1);
  });

  it('is given to one of two who retrieve at once', async () => {
    const { desk, exportId } = await approvedExport();
    const answers = await Promise.all(Array.from({ length: 5 }, () => desk.retrieve(exportId)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409]);
    expect(answers.filter(({ json }) => 'jwe' in json)).toHaveLength(1);
    expect(desk.opened.every((bytes) => bytes.every((byte) => byte === 0))).toBe(true);
    expect(desk.metrics.counts()).toMatchObject({ KeyExported: 1 });
    expect(await desk.brokenAt()).toBeNull();
  });

  it('can be retrieved until 15 minutes after its approval, and not a moment longer', async () => {
    const early = await approvedExport();
    early.desk.clock.advance(15 * MINUTE_MS - 1);
    expect((await early.desk.retrieve(early.exportId)).status).toBe(200);
    const late = await approvedExport();
    late.desk.clock.advance(15 * MINUTE_MS);
    const answer = await late.desk.retrieve(late.exportId);
    expect(answer.json).toMatchObject({ error: 'INVALID_TRANSITION', details: { status: 'expired' } });
    expect(late.desk.opened).toEqual([]);
    expect((await late.desk.get('/admin/exports/{id}', { id: late.exportId })).json['status']).toBe('expired');
  });

  it('that expires while it is being sealed is not given out: the database judges by the clock of the write', async () => {
    const { desk, exportId } = await approvedExport({
      before: ({ operation, body }) => {
        if (operation === 'GetItem' && body['TableName'] === 'keys') late();
        return undefined;
      },
    });
    const late = () => desk.clock.advance(15 * MINUTE_MS);
    expect((await desk.retrieve(exportId)).status).toBe(409);
    expect((await desk.entries()).map(({ action }) => action)).not.toContain('key.exported');
  });

  it('whose answer is lost after it was stored is lost: it has to be asked for anew', async () => {
    let losing = false;
    const { desk, exportId, publicJwk } = await approvedExport({
      before: ({ operation }, answer) => {
        if (!losing || operation !== 'TransactWriteItems') return undefined;
        losing = false;
        answer();
        return new Error('the connection broke');
      },
    });
    losing = true;
    const killed = await desk.retrieve(exportId);
    expect(killed.status).toBe(500);
    expect(JSON.stringify(killed.json)).not.toContain('eyJ');
    expect((await desk.retrieve(exportId)).status).toBe(409);
    expect((await desk.entries()).filter(({ action }) => action === 'key.exported')).toHaveLength(1);
    const anew = String((await desk.requestExport(publicJwk)).json['id']);
    await desk.approve(anew);
    expect((await desk.retrieve(anew)).status).toBe(200);
  });

  it('cut off before it is stored gives out nothing, and can be retrieved again', async () => {
    let losing = false;
    const { desk, exportId } = await approvedExport({
      before: ({ operation }) => {
        if (!losing || operation !== 'TransactWriteItems') return undefined;
        losing = false;
        return new Error('the connection broke');
      },
    });
    losing = true;
    expect((await desk.retrieve(exportId)).status).toBe(500);
    expect(desk.opened.every((bytes) => bytes.every((byte) => byte === 0))).toBe(true);
    expect((await desk.retrieve(exportId)).status).toBe(200);
  });
});
