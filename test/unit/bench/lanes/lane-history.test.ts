import { describe, expect, it } from 'vitest';
import { AUDIT_CONTENT, auditStream } from '#test/support/fakes/audit-stream.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { askHaven, outcomesByHistory } from '../../../../bench/lanes/lane-history.ts';

const HISTORY = ['queued', 'signed', 'submitted', 'mined', 'submitted', 'mined', 'confirmed'];

/** An audit store with one stream, an entry a millisecond. */
function auditOf(statuses: readonly string[]) {
  const contents = statuses.map((status, index) => ({
    ...AUDIT_CONTENT,
    action: `transaction.${status}`,
    detail: { block_number: index },
  }));
  const { entries } = auditStream('tx_1', contents);
  return { entries: async () => entries, stored: async () => entries };
}

describe('what became of a transfer that Haven was asked for', () => {
  it('is what its history says, after a reorganisation too', async () => {
    const asked = await askHaven([7], async () => 'tx_1');
    const [outcome] = await outcomesByHistory(auditOf(HISTORY), asked);
    expect(outcome).toMatchObject({
      kind: 'confirmed',
      serial: 7,
      times: {
        acceptedAt: TEST_NOW_MS,
        broadcastAt: TEST_NOW_MS + 2,
        confirmedAt: TEST_NOW_MS + 6,
        blockNumber: 5,
      },
    });
  });

  it('is confirmed too when the node never said that it took the transfer', async () => {
    const asked = await askHaven([7], async () => 'tx_1');
    const outcomes = await outcomesByHistory(auditOf(['queued', 'signed', 'mined', 'confirmed']), asked);
    expect(outcomes[0]).toMatchObject({ kind: 'confirmed', times: { broadcastAt: TEST_NOW_MS + 2 } });
  });

  it('is a failure that names its last state when it was never confirmed', async () => {
    const asked = await askHaven([7], async () => 'tx_1');
    const outcomes = await outcomesByHistory(auditOf(HISTORY.slice(0, 3)), asked);
    expect(outcomes).toEqual([{ kind: 'failed', serial: 7, reason: 'tx_1 ends with transaction.submitted' }]);
  });

  it('is a failure when Haven refused it, and the others go on', async () => {
    const asked = await askHaven([1, 2], async (serial) => {
      if (serial === 1) throw new Error('too many\nrequests');
      return 'tx_1';
    });
    const outcomes = await outcomesByHistory(auditOf(HISTORY), asked);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['failed', 'confirmed']);
    expect(outcomes[0]).toEqual({ kind: 'failed', serial: 1, reason: 'too many' });
  });
});
