import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { awsClientOptions } from '../aws/client-options.ts';

/**
 * The DynamoDB client of a function. Undefined attributes are left out rather than refused, so that optional fields
 * need no special care; numbers stay JavaScript numbers because amounts are stored as decimal strings.
 */
export function createDocumentClient(client = new DynamoDBClient(awsClientOptions())): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}
