import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeTimeToLiveCommand, type DynamoDBClient, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';

/**
 * Sets, by ordinary AWS calls, what the emulator's CloudFormation drops of the templates. As of MiniStack 1.5.33 that
 * is one thing: the TTL of AWS::DynamoDB::GlobalTable. Nothing is set that the templates don't say, so on an endpoint
 * without the gap this changes nothing.
 *
 * @param cloudAssembly the folder of the synthesised templates
 * @returns what was set
 */
export async function conform(cloudAssembly: string, client: DynamoDBClient): Promise<readonly string[]> {
  const set: string[] = [];
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
  const files = readdirSync(cloudAssembly).filter((file) => file.endsWith('.template.json'));
  return files.flatMap((file) => {
    const { Resources } = templateSchema.parse(JSON.parse(readFileSync(join(cloudAssembly, file), 'utf8')));
    return Object.values(Resources).flatMap(({ Type, Properties }) => {
      if (Type !== 'AWS::DynamoDB::GlobalTable') return [];
      const table = tableSchema.safeParse(Properties);
      if (!table.success) return [];
      return { table: table.data.TableName, attribute: table.data.TimeToLiveSpecification.AttributeName };
    });
  });
}
