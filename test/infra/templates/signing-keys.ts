import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { loadStage } from '#lib/load-stage.ts';
import { ALL_STAGES, synthesise, templatesOf, withStage } from '../support/build-stage.ts';
import { documentSchema } from '../support/grants.ts';
import { ACCOUNT, REGION } from '../support/physical-ids.ts';
import type { StageTemplates } from '../support/stage-templates.ts';

const keySchema = z.object({ KeyPolicy: documentSchema });
const functionSchema = z.object({
  FunctionName: z.string(),
  Environment: z.object({ Variables: z.object({ KMS_KEY_POLICY: z.string().optional() }) }),
});
const policySchema = z.object({ PolicyDocument: documentSchema, Roles: z.array(z.string()).default([]) });
const settingsSchema = z.object({
  FunctionName: z.string(),
  Environment: z.object({ Variables: z.object({ DUAL_CONTROL: z.string().optional() }) }),
});
const OIDC = loadStage('local').oidc;
/** Lambda's limit for all variables of a function (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html). */
const MAX_ENVIRONMENT_BYTES = 4_096;

/** The policy that every KMS key of a wallet is made with, as the provisioner has it. */
function signingKeyPolicy(templates: StageTemplates): z.output<typeof documentSchema> {
  const policies = templates
    .all('AWS::Lambda::Function', functionSchema)
    .filter(({ properties }) => properties.FunctionName === templates.nameOf('wallet-provisioner'))
    .map(({ properties }) => properties.Environment.Variables.KMS_KEY_POLICY);
  return documentSchema.parse(JSON.parse(policies[0] ?? ''));
}

/** What the message signer is denied, whatever a key's policy says. */
function denials(templates: StageTemplates) {
  return templates
    .all('AWS::IAM::Policy', policySchema)
    .filter(({ properties }) => properties.Roles.some((role) => role.includes('-message-signer-')))
    .flatMap(({ properties }) => properties.PolicyDocument.Statement)
    .filter(({ Effect }) => Effect === 'Deny');
}

describe.each(ALL_STAGES)('the KMS keys of wallets of %s', (stage) => {
  const templates = templatesOf(stage);
  const [administration, ...uses] = signingKeyPolicy(templates).Statement;
  const role = (name: string) => ({ AWS: `arn:aws:iam::${ACCOUNT}:role/haven-${stage}-${name}-${REGION}` });
  const signs = (Sid: string, name: string) => ({
    Sid,
    Effect: 'Allow',
    Principal: role(name),
    Action: ['kms:Sign'],
    Resource: ['*'],
    Condition: { StringEquals: { 'kms:SigningAlgorithm': 'ECDSA_SHA_256', 'kms:MessageType': 'DIGEST' } },
  });

  it('are managed and not used by the account, exactly as the wallet key', () => {
    const [walletKey] = templates.all('AWS::KMS::Key', keySchema).filter(({ stack }) => stack.endsWith('-Custody'));
    expect(administration).toEqual(walletKey?.properties.KeyPolicy.Statement[0]);
  });

  it('let exactly the signers sign, digests only, and learn for which wallet; and their maker learn the public key', () => {
    expect(uses).toEqual([
      signs('LaneWorkerSigns', 'lane-worker'),
      ...(templates.config.message_signing ? [signs('MessageSignerSigns', 'message-signer')] : []),
      {
        Sid: 'SignersLearnWallet',
        Effect: 'Allow',
        Principal: {
          AWS: templates.config.message_signing
            ? [role('lane-worker').AWS, role('message-signer').AWS]
            : role('lane-worker').AWS,
        },
        Action: ['kms:DescribeKey'],
        Resource: ['*'],
      },
      {
        Sid: 'MakersLearnAddress',
        Effect: 'Allow',
        Principal: { AWS: [role('wallet-provisioner').AWS, role('wallet-rotator').AWS] },
        Action: ['kms:GetPublicKey'],
        Resource: ['*'],
      },
    ]);
  });

  it('have a policy that fits into the environment of who makes them', () => {
    expect(JSON.stringify(signingKeyPolicy(templates)).length).toBeLessThan(MAX_ENVIRONMENT_BYTES / 2);
  });
});

it.each(ALL_STAGES)(
  'no function of %s is started with what writes its memory down: dumps, reports, snapshots, a debugger',
  (stage) => {
    const options = templatesOf(stage)
      .all(
        'AWS::Lambda::Function',
        z.object({ Environment: z.object({ Variables: z.record(z.string(), z.string()) }) }),
      )
      .map(({ properties }) => properties.Environment.Variables['NODE_OPTIONS']);
    expect(new Set(options)).toEqual(new Set(['--enable-source-maps']));
  },
);

describe.each([true, false])('where message_signing is %s', (isOn) => {
  const templates = withStage('local', synthesise, { change: (config) => ({ ...config, message_signing: isOn }) });

  it('new keys name the message signer, or not', () => {
    const sids = signingKeyPolicy(templates).Statement.map(({ Sid }) => Sid);
    expect(sids.includes('MessageSignerSigns')).toBe(isOn);
  });

  it('it is denied the use of keys from before, or nothing', () => {
    const resource = `arn:aws:kms:${REGION}:${ACCOUNT}:key/*`;
    expect(denials(templates)).toEqual(isOn ? [] : [{ Effect: 'Deny', Action: ['kms:Sign'], Resource: [resource] }]);
  });
});

it.each([
  ['principals', undefined, undefined],
  ['operators', undefined, OIDC],
  ['principals', 'principals', OIDC],
  ['operators', 'operators', OIDC],
] as const)('%s decide where dual_control is %j and oidc %j', (deciders, dual_control, oidc) => {
  const templates = withStage('local', synthesise, { change: (config) => ({ ...config, dual_control, oidc }) });
  const settings = templates
    .all('AWS::Lambda::Function', settingsSchema)
    .filter(({ properties }) => properties.FunctionName === templates.nameOf('key-control'));
  expect(settings.map(({ properties }) => properties.Environment.Variables.DUAL_CONTROL)).toEqual([deciders]);
});
