import { devNull } from 'node:os';

/** The region and credentials of the local AWS endpoint. Any would do; these are its root's. */
export const LOCAL_AWS = { region: 'us-east-1', accessKeyId: 'test', secretAccessKey: 'test' } as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** An AWS endpoint that the user names is used as it is, and is never started or stopped by us. */
export function foreignEndpoint(env: Environment = process.env): string | undefined {
  return env['AWS_ENDPOINT_URL'] === undefined || env['AWS_ENDPOINT_URL'] === '' ? undefined : env['AWS_ENDPOINT_URL'];
}

/** The region that a local Haven is in: the user's own counts only at the user's own endpoint. */
export function regionOf(env: Environment = process.env): string {
  return foreignEndpoint(env) === undefined ? LOCAL_AWS.region : (env['AWS_REGION'] ?? LOCAL_AWS.region);
}

/**
 * The environment in which the AWS SDK and the CDK reach the local endpoint, and nothing else: of the user's AWS
 * settings none is left, unless the endpoint is the user's own.
 */
export function awsEnvironment(awsEndpointUrl: string, env: Environment = process.env): NodeJS.ProcessEnv {
  const region = regionOf(env);
  const own = foreignEndpoint(env) !== undefined;
  return {
    ...(own ? env : withoutAws(env)),
    ...(own ? {} : { AWS_ACCESS_KEY_ID: LOCAL_AWS.accessKeyId, AWS_SECRET_ACCESS_KEY: LOCAL_AWS.secretAccessKey }),
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ENDPOINT_URL: awsEndpointUrl,
  };
}

/**
 * The environment without any AWS account in it. With credentials the CDK would ask AWS whose they are, and bind what
 * it synthesises to that account.
 */
export function withoutAws(env: Environment = process.env): NodeJS.ProcessEnv {
  const others = Object.entries(env).filter(([name]) => !/^(AWS|CDK)_/.test(name));
  return {
    ...Object.fromEntries(others),
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
