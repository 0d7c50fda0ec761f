import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  AlreadyExistsException,
  CreateEmailIdentityCommand,
  SESv2Client,
  SESv2ServiceException,
} from '@aws-sdk/client-sesv2';
import { foreignEndpoint, LOCAL_AWS, regionOf } from './aws-environment.ts';
import { LocalFailure } from './failure.ts';

/** Options of SDK clients that talk to the local endpoint; a foreign endpoint keeps the user's own credentials. */
export function localClientOptions(awsEndpointUrl: string) {
  const { accessKeyId, secretAccessKey } = LOCAL_AWS;
  return {
    endpoint: awsEndpointUrl,
    region: regionOf(),
    ...(foreignEndpoint() === undefined ? { credentials: { accessKeyId, secretAccessKey } } : {}),
  };
}

/** A DynamoDB client for the local endpoint. */
export function localDynamo(awsEndpointUrl: string): DynamoDBClient {
  return new DynamoDBClient(localClientOptions(awsEndpointUrl));
}

/** Does what an owner does after a first deployment: puts the RPC endpoints into their secret. */
export async function putRpcEndpoints(
  awsEndpointUrl: string,
  secretArn: string,
  endpoints: Readonly<Record<number, readonly string[]>>,
): Promise<void> {
  const secrets = new SecretsManagerClient(localClientOptions(awsEndpointUrl));
  await secrets.send(new PutSecretValueCommand({ SecretId: secretArn, SecretString: JSON.stringify(endpoints) }));
}

/**
 * Does what an owner does once: has SES verify the domain that mails come from. An endpoint on one's own machine does so at once.
 *
 * @returns why it can't, for an endpoint of another kind; all but mails works without
 */
export async function verifyMailDomain(awsEndpointUrl: string, domain: string): Promise<string | undefined> {
  const ses = new SESv2Client(localClientOptions(awsEndpointUrl));
  try {
    await ses.send(new CreateEmailIdentityCommand({ EmailIdentity: domain }));
  } catch (error) {
    if (!(error instanceof SESv2ServiceException)) throw error;
    if (!(error instanceof AlreadyExistsException)) return error.name;
  }
  return undefined;
}

/** Does what an owner does next: reads the first admin key. */
export async function readAdminKey(awsEndpointUrl: string, secretArn: string): Promise<string> {
  const secrets = new SecretsManagerClient(localClientOptions(awsEndpointUrl));
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: secretArn }));
  if (SecretString === undefined || !SecretString.startsWith('hvn_')) {
    throw new LocalFailure(
      'The deployment has left no admin key',
      'npm run logs access-bootstrap says why; npm run reset starts over',
    );
  }
  return SecretString;
}
