import { describe, expect, it } from 'vitest';
import { custodyKey } from '#shared/custody/custody-state.ts';
import { walletKey } from '#shared/custody/ledger-keys.ts';
import { policyKey } from '#shared/custody/policy/policy-row.ts';
import { lambdaContext } from '#test/support/fakes/api-request.ts';
import { storedWallet, TEST_RECIPIENT, unusedCustody } from '#test/support/fakes/ledger-transactions.ts';
import { storedPolicy } from '#test/support/fakes/policies.ts';
import { createTopUpDesk, poorWallet, TEST_TOP_UP } from '#test/support/fakes/top-up-desk.ts';

/** Rows of wallets can be put by who makes them; policies and key states can't. */
describe('a wallet that is topped up, whose row was put again', () => {
  const { id, address } = poorWallet();
  const forge = (desk: ReturnType<typeof createTopUpDesk>, row: Parameters<typeof storedWallet>[0]) =>
    desk.dynamo.put('ledger', { ...walletKey(id), ...storedWallet({ id, address, purpose: 'user', ...row }) });

  it('with another address gets nothing, and neither does that address; it is logged and sounds the alarm', async () => {
    const desk = createTopUpDesk();
    forge(desk, { address: TEST_RECIPIENT });
    await desk.run();
    await desk.run();
    expect(desk.transactions()).toEqual([]);
    expect(desk.log.of('TOP_UP_DISPUTED')).toMatchObject([{ wallet_id: id }]);
    expect(desk.metrics.counts()).toEqual({ TopUpFailed: 2 });
    forge(desk, {});
    await desk.run();
    expect(desk.transactions()).toMatchObject([{ to: address }]);
  });

  it('whose policy is from before it kept the address gets nothing until the policy is put again', async () => {
    const desk = createTopUpDesk();
    const rules = { balance: { low: [], top_up: [TEST_TOP_UP] } };
    desk.dynamo.put('ledger', { ...policyKey(id), ...storedPolicy(rules), wallet_id: id });
    await desk.run();
    expect(desk.transactions()).toEqual([]);
    expect(desk.log.of('TOP_UP_DISPUTED')).toHaveLength(1);
  });

  it('as active gets nothing when its key state is revoked', async () => {
    const desk = createTopUpDesk();
    desk.dynamo.put('ledger', { ...custodyKey(id), ...unusedCustody({ status: 'revoked' }) });
    await desk.run();
    expect(desk.transactions()).toEqual([]);
  });

  it('as revoked gets what it lacks all the same', async () => {
    const desk = createTopUpDesk();
    forge(desk, { status: 'revoked' });
    await desk.run();
    expect(desk.transactions()).toMatchObject([{ to: address }]);
  });

  it('as active gets nothing when it is revoked between the look and the write', async () => {
    const desk = createTopUpDesk();
    const run = desk.open((request) => {
      if (request.operation === 'TransactWriteItems') {
        desk.dynamo.put('ledger', { ...custodyKey(id), ...unusedCustody({ status: 'revoked' }) });
      }
      return desk.dynamo.answer(request);
    });
    await run({}, lambdaContext());
    expect(desk.transactions()).toEqual([]);
  });
});
