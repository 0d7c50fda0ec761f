import { reportAlert } from '#shared/alerts/record-alert.ts';
import { isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import { dueDestructions, type RequestStore } from '../dual-control/request-store.ts';
import { addStep, againstRivals, type DualControlDependencies, Raced } from '../dual-control/take-step.ts';
import { walletKey } from '../ledger-keys.ts';
import { DESTRUCTION_KIND, type Destruction, retentionEndsMs } from './destruction.ts';
import { putOff } from './put-off.ts';

/** What destroying keys needs. */
export interface ExecuteDependencies extends DualControlDependencies {
  readonly tables: DualControlDependencies['tables'] & { readonly keys: string };
  readonly destructions: Pick<RequestStore<Destruction>, 'get'>;
  readonly log: Log;
  /** Days that the key of a revoked wallet is kept at least. */
  readonly retentionDays: number;
}

/** Keys destroyed by one run; the next minute's takes the rest. */
const MAX_PER_RUN = 25;

/** Who is in audit entries of what the schedule does. */
const ACTOR = 'key-destroyer';

/**
 * Destroys every key whose destruction is approved and due. One that can't be now is logged, counted and put off, longer each
 * time (`put-off.ts`); it stops no other.
 *
 * @param requestId the invocation, for audit entries
 * @returns how many are gone
 */
export async function executeDestructions(
  deps: ExecuteDependencies,
  requestId: string,
  deadline: Deadline,
): Promise<number> {
  const ids = await dueDestructions(deps.client, deps.tables.approvals, isoTime(deps.clock()), MAX_PER_RUN);
  let destroyed = 0;
  for (const id of ids) {
    try {
      await executeDestruction(deps, id, requestId, deadline);
      destroyed += 1;
    } catch (error) {
      deps.log.write('KEY_DESTRUCTION_FAILED', { destruction: id, error });
      deps.metrics.count('KeyDestructionFailed');
      await putOff(deps, id, deadline).catch((cause: unknown) => {
        deps.log.write('KEY_DESTRUCTION_FAILED', { destruction: id, error: cause });
      });
    }
  }
  return destroyed;
}

/**
 * Destroys one key: its row, the request's and the wallet's new state, an entry on the wallet's stream and a CRITICAL alert,
 * at once; on the condition that the wallet is revoked, that two people decided, and that the time has come. There is
 * no way back.
 */
async function executeDestruction(
  deps: ExecuteDependencies,
  id: string,
  requestId: string,
  deadline: Deadline,
): Promise<void> {
  await againstRivals(deps, deadline, async () => {
    const request = await deps.destructions.get(id);
    // Told of by an index that lags behind.
    if (request.status === 'executed') return;
    const [wallet, custody] = await Promise.all([
      deps.wallets.get(request.wallet_id),
      deps.wallets.custodyState(request.wallet_id),
    ]);
    const nowMs = deps.clock();
    const now = isoTime(nowMs);
    if (nowMs < retentionEndsMs(wallet, custody, deps.retentionDays))
      throw new Error(`The retention of ${wallet.id} has not passed`);
    const write = new WriteTransaction();
    const taken = { step: 'execute' as const, actor: { id: ACTOR, requestId }, now };
    const terms = { custody, set: { key_destroyed_at: now }, revoked: true as const };
    const { alert } = addStep(write, deps, DESTRUCTION_KIND, request, taken, terms);
    write.delete(deps.tables.keys, { pk: wallet.id }, () => new Error(`Wallet ${wallet.id} has no key`), {
      expression: 'attribute_exists(pk) AND address = :address',
      values: { ':address': wallet.address },
      // Who destroys keys may not see one.
      showsExisting: false,
    });
    write.update(
      deps.tables.ledger,
      walletKey(wallet.id),
      {
        expression: 'SET key_destroyed_at = :now, #version = :next',
        values: { ':now': now, ':next': wallet.version + 1 },
      },
      () => new Raced(`${wallet.id} was changed meanwhile`),
      // Whether it is revoked, the condition of its key state says.
      { expression: '#version = :version', names: { '#version': 'version' }, values: { ':version': wallet.version } },
    );
    await write.commit(deps.client, deadline);
    deps.metrics.count('KeyDestroyed');
    reportAlert(deps, alert);
  });
}
