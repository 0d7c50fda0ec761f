import { createPublicKey, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { createAnchorReader } from '#shared/audit/anchors/anchor-bucket.ts';
import { createPublicKeyReader } from '#shared/audit/anchors/anchor-key.ts';
import { createChangedHeads } from '#shared/audit/anchors/changed-heads.ts';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { verifyAll, WALK_START, type WalkState } from '#shared/audit/verify-all.ts';
import { BREAK_KINDS } from '#shared/audit/verify-stream.ts';
import { verifyStream } from '#shared/audit/verify-use-case.ts';
import { isoTime, systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { createLog } from '#shared/platform/log/logger.ts';
import { localClientOptions } from '../endpoint-settings.ts';
import { LocalFailure } from '../failure.ts';
import type { Instance } from '../instance.ts';
import { parseVerifyArguments, type VerifyArguments } from './arguments.ts';
import { createProgress } from './progress.ts';
import { type AllAnchors, countVersions, readAnchors } from './read-anchors.ts';
import { readStreamHead } from './stream-heads.ts';

/** Longer than any stream takes. */
const STREAM_TIMEOUT_MS = 3_600_000;
/** How far back streams are looked for that no anchor knows yet, on a stage without anchors. */
const UNANCHORED_DAYS = 35;
const DAY_MS = 86_400_000;
/** The index lags, and an anchor looks back as far. */
const OVERLAP_MS = 3_600_000;

/**
 * `npm run audit:verify`: verifies every anchor of a stage and every stream that an anchor knows or that has changed
 * since the last one. Goes on where an interrupted run was.
 *
 * @returns 0 when all of it verifies, else 1
 * @throws LocalFailure when the stage can't be reached or the arguments make no sense
 */
export async function verifyAudit(instance: Instance, args: readonly string[]): Promise<number> {
  const asked = parseVerifyArguments(args);
  const aws = clientsOf(instance, asked.stage);
  const { bucket, keyArn } = await anchorsOf(aws.cloudFormation, asked.stage);
  const publicKey = await readPublicKey(asked, createPublicKeyReader(keyArn, aws.kms));
  const versions = await countVersions(aws.s3, bucket);
  const anchors = await readAnchors(createAnchorReader(bucket, aws.s3), versions, asked.stage, publicKey);
  console.log(`● ${anchors.count} anchors${anchors.through === null ? '' : `, up to ${anchors.through}`}`);

  const table = (name: string) => `haven-${asked.stage}-${name}`;
  const since = Date.parse(anchors.through ?? isoTime(Date.now() - UNANCHORED_DAYS * DAY_MS)) - OVERLAP_MS;
  const changed = await createChangedHeads(aws.client, table('audit')).between(
    isoTime(since),
    isoTime(Date.now() + DAY_MS),
  );
  const streams = new Set([...anchors.heads.keys(), ...changed.map(({ stream }) => stream)]);
  const stateFile = instance.path(`audit-verify-${asked.stage}.json`);
  const from = asked.restart ? WALK_START : readState(stateFile);
  const progress = createProgress(streams.size, from.streams, systemClock);
  const tables = {
    ledger: table('ledger'),
    access: table('access'),
    shop: table('shop'),
    notify: table('notify'),
    ephemeral: table('ephemeral'),
    logs: table('logs'),
  };
  const unknown = new Set<string>();
  const deps = {
    audit: createAuditStore(aws.client, table('audit')),
    anchors: {
      of: async (stream: string) => ({
        heads: anchors.heads.get(stream) ?? [],
        through: anchors.through,
        brokenAnchor: null,
      }),
    },
    log: createLog(() => undefined),
    metrics: { count: () => undefined },
  };
  const verify = async (stream: string) => {
    const head = async () => {
      const known = await readStreamHead(aws.client, tables, stream);
      if (known === undefined) unknown.add(stream.split(/[:_]/)[0] ?? stream);
      return known;
    };
    const deadline = Deadline.in(STREAM_TIMEOUT_MS, systemClock);
    return (await verifyStream(deps, stream, head, deadline)).verification;
  };
  const state = await verifyAll(streams, verify, from, (reached) => {
    saveState(stateFile, reached);
    progress(reached.streams);
  });
  rmSync(stateFile, { force: true });
  return report(asked, anchors, state, [...unknown]);
}

function clientsOf(instance: Instance, stage: string) {
  const info = stage === 'local' ? instance.info() : undefined;
  if (stage === 'local' && info === undefined) {
    throw new LocalFailure('There is no local Haven', 'npm start, or name another stage: --stage production');
  }
  const options = info === undefined ? {} : localClientOptions(info.awsEndpointUrl);
  return {
    client: createDocumentClient(new DynamoDBClient(options)),
    s3: new S3Client(options),
    kms: new KMSClient(options),
    cloudFormation: new CloudFormationClient(options),
  };
}

/** Where a stage's anchors are, by its stack's outputs. */
async function anchorsOf(cloudFormation: CloudFormationClient, stage: string) {
  const StackName = `Haven-${stage}-Anchors`;
  try {
    const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName }));
    const outputs = Object.fromEntries(
      (Stacks[0]?.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
    );
    const { BucketName, KeyArn } = z.object({ BucketName: z.string(), KeyArn: z.string() }).parse(outputs);
    return { bucket: BucketName, keyArn: KeyArn };
  } catch (cause) {
    throw new LocalFailure(
      `The stack ${StackName} can't be described`,
      'Check AWS_PROFILE and AWS_REGION; is the stage deployed?',
      cause,
    );
  }
}

async function readPublicKey({ publicKeyFile }: VerifyArguments, ask: () => Promise<KeyObject>): Promise<KeyObject> {
  if (publicKeyFile === undefined) return ask();
  try {
    return createPublicKey(readFileSync(publicKeyFile));
  } catch (cause) {
    throw new LocalFailure(`${publicKeyFile} is no public key in PEM`, 'docs/operations.md says how to get it', cause);
  }
}

const stateSchema: z.ZodType<WalkState> = z.object({
  after: z.string(),
  streams: z.number(),
  entries: z.number(),
  broken: z.array(
    z.object({
      stream: z.string(),
      seq: z.number(),
      reason: z.enum(BREAK_KINDS),
      anchor: z.number().exactOptional(),
    }),
  ),
});

function readState(file: string): WalkState {
  if (!existsSync(file)) return WALK_START;
  const state = stateSchema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data;
  if (state === undefined) return WALK_START;
  console.log(`● Goes on after ${state.streams} streams (--restart begins anew)`);
  return state;
}

/** Whole or not at all, whenever it is interrupted. */
function saveState(file: string, state: WalkState): void {
  writeFileSync(`${file}.new`, JSON.stringify(state));
  renameSync(`${file}.new`, file);
}

function report(
  { stage, reportFile }: VerifyArguments,
  { count, through, broken: brokenAnchor }: AllAnchors,
  { streams, entries, broken }: WalkState,
  unknown: readonly string[],
): number {
  const verified = broken.length === 0 && brokenAnchor === null;
  const said = {
    stage,
    finished_at: isoTime(Date.now()),
    verified,
    anchors: { count, through, broken: brokenAnchor },
    streams,
    entries,
    broken,
    heads_unknown: unknown,
  };
  if (reportFile !== undefined) writeFileSync(reportFile, `${JSON.stringify(said, null, 2)}\n`);
  if (brokenAnchor !== null) console.error(`✖ Anchor ${brokenAnchor.number} is ${brokenAnchor.reason}`);
  for (const { stream, seq, reason, anchor } of broken) {
    console.error(`✖ ${stream}: entry ${seq} ${reason}${anchor === undefined ? '' : ` (anchor ${anchor})`}`);
  }
  if (unknown.length > 0) console.log(`● Held against anchors only: ${unknown.join(', ')}`);
  console.log(`${verified ? '✔' : '✖'} ${streams} streams, ${entries} entries, ${broken.length} broken`);
  return verified ? 0 : 1;
}
