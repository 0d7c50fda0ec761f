import type { Construct } from 'constructs';
import { createCountAlarm } from '../../constructs/counted-alarm.ts';
import type { Harm } from '../../constructs/stage-alarm.ts';
import type { StageContext } from '../../stage-context.ts';

/** Within five minutes: a call that fails once is made again by whoever needed it. */
const FAILED_CALLS = 5;

/** The functions that ask KMS, with what it means when they get no answer. */
const KMS_USERS = [
  ['audit-anchor', 'Audit streams are not anchored.', 'none'],
  ['deposit-pool', 'When the pool of deposit wallets is empty no order can be placed.', 'none'],
  ['key-export', 'Exported keys cannot be retrieved.', 'requests'],
  ['lane-worker', 'Transactions are accepted but not sent.', 'sending'],
  ['message-signer', 'Messages are not signed.', 'requests'],
  ['wallet-provisioner', 'No wallets can be created.', 'requests'],
  ['wallet-rotator', 'No wallets can be rotated.', 'requests'],
] as const satisfies readonly (readonly [string, string, Harm])[];

/** The alarms on calls that KMS throttles, fails or refuses. */
export function alarmOnKms(scope: Construct, stage: StageContext): void {
  for (const [countedBy, impact, harm] of KMS_USERS) {
    createCountAlarm(scope, `KmsFailsFor-${countedBy}`, {
      stage,
      name: `kms-failing-for-${countedBy}`,
      description: `KMS throttles, fails or refuses calls of ${stage.resourceName(countedBy)}. ${impact}`,
      metric: 'KmsCallFailed',
      countedBy,
      harm,
      threshold: FAILED_CALLS,
    });
  }
}
