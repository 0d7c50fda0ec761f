import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { loadStage } from '#lib/load-stage.ts';
import type { Stage } from '#lib/stage.ts';
import { ALL_STAGES, synthesise, templatesOf, withStage } from '../support/build-stage.ts';
import type { StageTemplates } from '../support/stage-templates.ts';

const ruleSchema = z.object({
  Name: z.string(),
  Priority: z.number(),
  Action: z.record(z.string(), z.unknown()).optional(),
  OverrideAction: z.record(z.string(), z.unknown()).optional(),
  Statement: z.record(z.string(), z.unknown()),
  VisibilityConfig: z.object({ CloudWatchMetricsEnabled: z.boolean(), SampledRequestsEnabled: z.boolean() }),
});
const aclSchema = z.object({
  Scope: z.string(),
  DefaultAction: z.record(z.string(), z.unknown()),
  Rules: z.array(ruleSchema),
  AssociationConfig: z.object({
    RequestBody: z.object({ API_GATEWAY: z.object({ DefaultSizeInspectionLimit: z.string() }) }),
  }),
});
const ipSetSchema = z.object({ IPAddressVersion: z.string(), Scope: z.string(), Addresses: z.array(z.string()) });
const associationSchema = z.object({ ResourceArn: z.string(), WebACLArn: z.string() });
const loggingSchema = z.object({
  ResourceArn: z.string(),
  LogDestinationConfigs: z.array(z.string()),
  RedactedFields: z.array(z.unknown()),
});
const logGroupSchema = z.object({ LogGroupName: z.string(), RetentionInDays: z.number() });

const ACL = 'AWS::WAFv2::WebACL';
const COMMON_RULES = 'AWSManagedRulesCommonRuleSet';
const withEdge = ALL_STAGES.filter((name) => loadStage(name).edge_protection);
const rulesOf = (templates: StageTemplates) => templates.one(ACL, aclSchema).properties.Rules;
const setsOf = (templates: StageTemplates) =>
  templates.all('AWS::WAFv2::IPSet', ipSetSchema).map(({ properties }) => properties);

it('stands before staging and production, not before a laptop, whose endpoint refuses it', () => {
  expect(withEdge).toEqual(['production', 'staging']);
  const types = templatesOf('local')
    .resources()
    .map(({ type }) => type);
  expect(types.filter((type) => type.startsWith('AWS::WAF'))).toEqual([]);
});

describe.each(withEdge)('the firewall of %s', (stage) => {
  const templates = templatesOf(stage);
  const rules = rulesOf(templates);
  const ruleNamed = (name: string) => rules.find((rule) => rule.Name === name);

  it("applies AWS's managed groups, and enforces all their rules but the size of bodies", () => {
    const groups = rules.filter(({ Statement }) => 'ManagedRuleGroupStatement' in Statement);
    expect(groups.map(({ Name }) => Name)).toEqual([
      'AWSManagedRulesAmazonIpReputationList',
      'AWSManagedRulesKnownBadInputsRuleSet',
      COMMON_RULES,
    ]);
    for (const { Name, OverrideAction, Statement } of groups) {
      expect(OverrideAction).toEqual({ None: {} });
      expect(Statement['ManagedRuleGroupStatement']).toEqual({
        VendorName: 'AWS',
        Name,
        ...(Name === COMMON_RULES
          ? { RuleActionOverrides: [{ Name: 'SizeRestrictions_BODY', ActionToUse: { Count: {} } }] }
          : {}),
      });
    }
  });

  it('blocks an address that asks too often, by the address of the connection', () => {
    expect(ruleNamed('rate-per-address')).toMatchObject({
      Action: { Block: {} },
      Statement: {
        RateBasedStatement: {
          Limit: templates.config.waf_requests_per_5_minutes,
          EvaluationWindowSec: 300,
          AggregateKeyType: 'IP',
        },
      },
    });
  });

  it('looks at the whole of every body that Haven accepts, and keeps no samples of requests', () => {
    const { properties } = templates.one(ACL, aclSchema);
    expect(properties.AssociationConfig.RequestBody.API_GATEWAY.DefaultSizeInspectionLimit).toBe('KB_64');
    expect(properties).toMatchObject({ Scope: 'REGIONAL', DefaultAction: { Allow: {} } });
    expect(rules.filter(({ VisibilityConfig }) => VisibilityConfig.SampledRequestsEnabled)).toEqual([]);
    expect(rules.map(({ Priority }) => Priority)).toEqual(rules.map((_rule, index) => index));
  });

  it("is associated with the API's stage", () => {
    const { properties } = templates.one('AWS::WAFv2::WebACLAssociation', associationSchema);
    expect(properties.ResourceArn).toMatch(/^arn:aws:apigateway:eu-central-1::\/restapis\/.+\/stages\/.+$/);
    expect(properties.ResourceArn).toContain(`Haven-${stage}-Api.`);
    expect(properties.WebACLArn).toBe(`arn:of:${ACL}:Haven-${stage}-Edge.Acl`);
  });

  it('logs without API keys and queries, into a group that WAF may write to', () => {
    const { properties } = templates.one('AWS::WAFv2::LoggingConfiguration', loggingSchema);
    expect(properties.RedactedFields).toEqual([{ SingleHeader: { Name: 'authorization' } }, { QueryString: {} }]);
    const name = `aws-waf-logs-haven-${stage}-api`;
    // Not ending in `:*`, as the group's own ARN does.
    expect(properties.LogDestinationConfigs).toEqual([`arn:aws:logs:eu-central-1:123456789012:log-group:${name}`]);
    const group = templates
      .all('AWS::Logs::LogGroup', logGroupSchema)
      .find(({ properties: { LogGroupName } }) => LogGroupName === name);
    expect(group?.properties.RetentionInDays).toBe(templates.config.log_retention_days);
  });
});

describe('the rule for admin routes', () => {
  const withCidrs = (...admin_cidrs: string[]) =>
    withStage('production', synthesise, { change: (config: Stage) => ({ ...config, admin_cidrs }) });
  const adminRule = (templates: StageTemplates) => rulesOf(templates).find(({ Name }) => Name === 'admin-addresses');
  const path = {
    ByteMatchStatement: {
      FieldToMatch: { UriPath: {} },
      PositionalConstraint: 'CONTAINS',
      SearchString: '/v1/admin',
      TextTransformations: [
        { Priority: 0, Type: 'URL_DECODE' },
        { Priority: 1, Type: 'NORMALIZE_PATH' },
        { Priority: 2, Type: 'LOWERCASE' },
      ],
    },
  };
  const reference = (set: string) => ({
    IPSetReferenceStatement: { Arn: `arn:of:AWS::WAFv2::IPSet:Haven-production-Edge.${set}` },
  });

  it('blocks them, however they are written, from every address that is not listed', () => {
    const templates = withCidrs('192.0.2.0/24', '203.0.113.7');
    expect(adminRule(templates)).toMatchObject({
      Priority: 0,
      Action: { Block: {} },
      Statement: { AndStatement: { Statements: [path, { NotStatement: { Statement: reference('AdminIPV4') } }] } },
    });
    expect(setsOf(templates)).toEqual([
      { IPAddressVersion: 'IPV4', Scope: 'REGIONAL', Addresses: ['192.0.2.0/24', '203.0.113.7/32'] },
    ]);
  });

  it('lets an address through that is on either list, of IPv4 or IPv6', () => {
    const templates = withCidrs('192.0.2.0/24', '2001:db8::1');
    expect(adminRule(templates)?.Statement).toEqual({
      AndStatement: {
        Statements: [
          path,
          {
            NotStatement: {
              Statement: { OrStatement: { Statements: [reference('AdminIPV4'), reference('AdminIPV6')] } },
            },
          },
        ],
      },
    });
    expect(setsOf(templates).map(({ Addresses }) => Addresses)).toEqual([['192.0.2.0/24'], ['2001:db8::1/128']]);
  });

  it('is not there where no address is listed', () => {
    const templates = withCidrs();
    expect(adminRule(templates)).toBeUndefined();
    expect(setsOf(templates)).toEqual([]);
  });
});
