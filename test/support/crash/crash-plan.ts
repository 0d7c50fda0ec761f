import * as z from 'zod';
import { localInfoSchema } from '#local/instance.ts';
import { chainSchema } from '#shared/platform/chain/chain-config.ts';
import { laneKeySchema } from '#shared/transactions/lane/lane.ts';

/** Where a worker dies: at which of its accesses, and whether before the call or when its answer, refusal or failure is there, unseen. */
export const killPointSchema = z.object({ index: z.number().int(), side: z.enum(['before', 'after']) });

/** Where a worker dies. */
export type KillPoint = z.output<typeof killPointSchema>;

/** What a worker process is told. */
export const crashPlanSchema = z.object({
  info: localInfoSchema,
  tables: z.object({
    ledger: z.string(),
    audit: z.string(),
    keys: z.string(),
    ephemeral: z.string(),
    logs: z.string(),
    shop: z.string(),
  }),
  queues: z.object({ kickQueueUrl: z.string(), wakeQueueUrl: z.string() }),
  walletKeyArn: z.string(),
  chain: chainSchema,
  rpcUrl: z.string(),
  /** Of the chain's other endpoints. */
  otherRpcUrls: z.array(z.string()),
  lane: laneKeySchema,
  /** Of its time, in milliseconds since the Unix epoch. */
  startMs: z.number(),
  /** Null: it lives until the lane is at rest. */
  kill: killPointSchema.nullable(),
});

/** What a worker process is told. */
export type CrashPlan = z.output<typeof crashPlanSchema>;

/** What a worker process says, a line each, in order: every access it came to. */
export const ACCESS_LINE = 'access ';
/** And every answer it had. */
export const ANSWER_LINE = 'answer';
/** And every block that was mined while it slept. */
export const BLOCK_LINE = 'block';
