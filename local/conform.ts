import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeTimeToLiveCommand, type DynamoDBClient, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import {
  GetObjectLockConfigurationCommand,
  PutObjectLockConfigurationCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import * as z from 'zod';

/**
 * Sets, by ordinary AWS calls, what the emulator's CloudFormation drops of the templates. As of MiniStack 1.5.33 that
 * is two things: the TTL of AWS::DynamoDB::GlobalTable, and the object lock of AWS::S3::Bucket. Nothing is set that the templates don't say, so on an endpoint
 * without the gap this changes nothing.
 *
 * @param cloudAssembly the folder of the synthesised templates
 * @param anchorBucket the only bucket with a lock
 * @returns what was set
 */
export async function conform(
  cloudAssembly: string,
  client: DynamoDBClient,
  s3: S3Client,
  anchorBucket: string,
): Promise<readonly string[]> {
  const set: string[] = [];
  for (const lock of objectLocks(cloudAssembly)) {
    if (await hasLock(s3, anchorBucket)) continue;
    await s3.send(new PutObjectLockConfigurationCommand({ Bucket: anchorBucket, ObjectLockConfiguration: lock }));
    set.push(`object lock of ${anchorBucket}`);
  }
  for (const { table, attribute } of timesToLive(cloudAssembly)) {
    const { TimeToLiveDescription: present } = await client.send(new DescribeTimeToLiveCommand({ TableName: table }));
    if (present?.TimeToLiveStatus === 'ENABLED' || present?.TimeToLiveStatus === 'ENABLING') continue;
    await client.send(
      new UpdateTimeToLiveCommand({
        TableName: table,
        TimeToLiveSpecification: { Enabled: true, AttributeName: attribute },
      }),
    );
    set.push(`TTL of ${table}`);
  }
  return set;
}

const templateSchema = z.object({
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).optional() }),
  ),
});

const tableSchema = z.object({
  TableName: z.string(),
  TimeToLiveSpecification: z.object({ Enabled: z.literal(true), AttributeName: z.string() }),
});

function timesToLive(cloudAssembly: string): { readonly table: string; readonly attribute: string }[] {
  return resourcesOf(cloudAssembly, 'AWS::DynamoDB::GlobalTable').flatMap((properties) => {
    const table = tableSchema.safeParse(properties);
    if (!table.success) return [];
    return { table: table.data.TableName, attribute: table.data.TimeToLiveSpecification.AttributeName };
  });
}

const lockedBucketSchema = z.object({
  ObjectLockConfiguration: z.object({
    ObjectLockEnabled: z.literal('Enabled'),
    Rule: z.object({ DefaultRetention: z.object({ Mode: z.enum(['COMPLIANCE', 'GOVERNANCE']), Days: z.number() }) }),
  }),
});

function objectLocks(cloudAssembly: string) {
  return resourcesOf(cloudAssembly, 'AWS::S3::Bucket').flatMap(
    (properties) => lockedBucketSchema.safeParse(properties).data?.ObjectLockConfiguration ?? [],
  );
}

async function hasLock(s3: S3Client, bucket: string): Promise<boolean> {
  try {
    const { ObjectLockConfiguration } = await s3.send(new GetObjectLockConfigurationCommand({ Bucket: bucket }));
    return ObjectLockConfiguration?.Rule !== undefined;
  } catch (error) {
    if (error instanceof S3ServiceException && error.name === 'ObjectLockConfigurationNotFoundError') return false;
    throw error;
  }
}

/** The properties of every resource of a type. */
function resourcesOf(cloudAssembly: string, type: string): unknown[] {
  const files = readdirSync(cloudAssembly).filter((file) => file.endsWith('.template.json'));
  return files.flatMap((file) => {
    const { Resources } = templateSchema.parse(JSON.parse(readFileSync(join(cloudAssembly, file), 'utf8')));
    return Object.values(Resources).flatMap(({ Type, Properties }) => (Type === type ? [Properties] : []));
  });
}
