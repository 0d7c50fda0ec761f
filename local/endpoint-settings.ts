import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createSes, MailFailure } from '#shared/platform/aws/ses-mailer.ts';
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

/** As long as a call to a local endpoint may take. */
const SES_DEADLINE = { capMs: (limitMs: number) => limitMs };

/**
 * Does what an owner does once: has SES verify the domain that mails come from. An endpoint on one's own machine does so at once.
 *
 * @returns why it can't, for an endpoint of another kind; all but mails works without
 */
export async function verifyMailDomain(awsEndpointUrl: string, domain: string): Promise<string | undefined> {
  const ask = createSes(
    { AWS_ENDPOINT_URL: awsEndpointUrl },
    new SecretsManagerClient(localClientOptions(awsEndpointUrl)),
  );
  try {
    await ask('/v2/email/identities', { EmailIdentity: domain }, SES_DEADLINE);
  } catch (error) {
    if (!(error instanceof MailFailure)) throw error;
    if (error.code !== 'AlreadyExistsException') return error.code;
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
