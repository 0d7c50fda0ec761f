import { DescribeKeyCommand, KMSClient, paginateListKeys, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms';
import type { KeyInventory } from './orphan-keys.ts';

/** As long as KMS allows, so that a mistake can be called off. */
export const DELETION_WINDOW_DAYS = 30;

/** The keys of the account and region that the caller's AWS settings name. For a command of people: no function may list or delete keys. */
export function createKeyInventory(kms = new KMSClient()): KeyInventory {
  return {
    async *list() {
      for await (const { Keys = [] } of paginateListKeys({ client: kms }, {})) {
        for (const { KeyId } of Keys) {
          const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
          if (KeyMetadata?.Arn === undefined || KeyMetadata.CreationDate === undefined) continue;
          yield {
            arn: KeyMetadata.Arn,
            description: KeyMetadata.Description ?? '',
            createdAtMs: KeyMetadata.CreationDate.getTime(),
            isPendingDeletion: KeyMetadata.KeyState === 'PendingDeletion',
          };
        }
      }
    },
    async scheduleDeletion(arn) {
      await kms.send(new ScheduleKeyDeletionCommand({ KeyId: arn, PendingWindowInDays: DELETION_WINDOW_DAYS }));
    },
  };
}
