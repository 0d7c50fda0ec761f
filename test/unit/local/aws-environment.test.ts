import { describe, expect, it } from 'vitest';
import { awsEnvironment, foreignEndpoint, LOCAL_AWS, regionOf, withoutAws } from '#local/aws-environment.ts';

const LOCAL_URL = 'http://127.0.0.1:4566';
/** A machine whose user works with AWS. */
const USERS = {
  PATH: '/bin',
  AWS_PROFILE: 'production',
  AWS_REGION: 'eu-west-1',
  AWS_DEFAULT_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'AKIAUSER',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_SESSION_TOKEN: 'token',
  CDK_DEFAULT_ACCOUNT: '111111111111',
};

describe('without an endpoint of the user', () => {
  it('nothing of the user’s AWS account is left in what local commands see', () => {
    const env = awsEnvironment(LOCAL_URL, USERS);
    const values = Object.values(env);
    for (const value of ['production', 'eu-west-1', 'AKIAUSER', 'secret', 'token', '111111111111']) {
      expect(values).not.toContain(value);
    }
    expect(env).toMatchObject({
      PATH: '/bin',
      AWS_ENDPOINT_URL: LOCAL_URL,
      AWS_REGION: LOCAL_AWS.region,
      AWS_DEFAULT_REGION: LOCAL_AWS.region,
      AWS_ACCESS_KEY_ID: LOCAL_AWS.accessKeyId,
    });
  });

  it('the synthesis has no credentials at all, from files and the machine’s role neither', () => {
    const env = withoutAws(USERS);
    expect(
      Object.keys(env)
        .filter((name) => /^(AWS|CDK)_/.test(name))
        .toSorted(),
    ).toEqual(['AWS_CONFIG_FILE', 'AWS_EC2_METADATA_DISABLED', 'AWS_SHARED_CREDENTIALS_FILE']);
  });

  it('the region is the local one, whatever the user’s is', () => {
    expect(regionOf(USERS)).toBe(LOCAL_AWS.region);
  });

  it.each([undefined, ''])('that is so when AWS_ENDPOINT_URL is %j', (url) => {
    expect(foreignEndpoint({ AWS_ENDPOINT_URL: url })).toBeUndefined();
  });
});

describe('with an endpoint of the user', () => {
  const own = { ...USERS, AWS_ENDPOINT_URL: 'http://aws.example:4566' };

  it('credentials and region are the user’s', () => {
    expect(awsEnvironment('http://aws.example:4566', own)).toEqual({ ...own, AWS_DEFAULT_REGION: 'eu-west-1' });
    expect(regionOf(own)).toBe('eu-west-1');
  });
});
