import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';

/** What every function of Haven needs and no more: what importing it takes, none of them can be below. */
export const client = DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'us-east-1' }));

/** See `client`. */
export const schema = z.object({ id: z.string() });
