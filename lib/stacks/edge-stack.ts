import { ArnFormat, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import type * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import type { Construct } from 'constructs';
import { API_ROOT } from '#shared/platform/http/api-root.ts';
import { acknowledge } from '../constructs/acknowledge.ts';
import type { StageContext } from '../stage-context.ts';

type Rule = Omit<wafv2.CfnWebACL.RuleProperty, 'priority'>;

const COMMON_RULES = 'AWSManagedRulesCommonRuleSet';
/** AWS's managed rule groups, in the order of their cost to an attacker. */
const MANAGED_GROUPS = ['AWSManagedRulesAmazonIpReputationList', 'AWSManagedRulesKnownBadInputsRuleSet', COMMON_RULES];

/** Refuses bodies above 8 KB, which Haven accepts up to 64 KB: counted instead of enforced. */
const COUNTED_COMMON_RULES = ['SizeRestrictions_BODY'];

/** How much of a body WAF looks at: as much as Haven accepts (the default is 16 KB). */
const BODY_INSPECTION_LIMIT = 'KB_64';

/** AWS WAF in front of the API: the admin address list, managed rule groups, and a rate rule per address. */
export class EdgeStack extends Stack {
  constructor(scope: Construct, id: string, stage: StageContext, apiStage: apigateway.Stage, props: StackProps) {
    super(scope, id, props);
    const rules = [...this.#adminAddressRule(stage), ...managedRules(), rateRule(stage)];
    const acl = new wafv2.CfnWebACL(this, 'Acl', {
      name: stage.resourceName('api'),
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig: visibility('haven-api'),
      associationConfig: { requestBody: { API_GATEWAY: { defaultSizeInspectionLimit: BODY_INSPECTION_LIMIT } } },
      rules: rules.map((rule, priority) => ({ ...rule, priority })),
    });
    new wafv2.CfnWebACLAssociation(this, 'Association', { resourceArn: apiStage.stageArn, webAclArn: acl.attrArn });
    acknowledge(apiStage, 'AwsSolutions-APIG3', `${this.stackName} associates it; the rule looks at one stack only.`);
    const logGroup = new logs.LogGroup(this, 'Logs', {
      // WAF writes only to log groups whose name begins like this.
      logGroupName: `aws-waf-logs-${stage.resourceName('api')}`,
      retention: stage.config.log_retention_days,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    new wafv2.CfnLoggingConfiguration(this, 'Logging', {
      resourceArn: acl.attrArn,
      // Without the `:*` that LogGroup's own ARN ends in; WAF refuses it.
      logDestinationConfigs: [
        this.formatArn({
          service: 'logs',
          resource: 'log-group',
          resourceName: logGroup.logGroupName,
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      ],
      // API keys are in this header; customers' e-mail addresses may be in a query.
      redactedFields: [{ singleHeader: { Name: 'authorization' } }, { queryString: {} }],
    });
  }

  /** Blocks admin routes from any address that is not on the stage's list. */
  #adminAddressRule(stage: StageContext): Rule[] {
    const sets = ['IPV4', 'IPV6'].flatMap((version) => {
      const addresses = stage.config.admin_cidrs
        .filter((cidr) => cidr.includes(':') === (version === 'IPV6'))
        .map(toCidr);
      if (addresses.length === 0) return [];
      return new wafv2.CfnIPSet(this, `Admin${version}`, {
        name: stage.resourceName(`admin-${version.toLowerCase()}`),
        scope: 'REGIONAL',
        ipAddressVersion: version,
        addresses,
      });
    });
    if (sets.length === 0) return [];
    const listed = sets.map((set) => ({ ipSetReferenceStatement: { arn: set.attrArn } }));
    const [first] = listed;
    const anyListed = listed.length === 1 && first !== undefined ? first : { orStatement: { statements: listed } };
    return [
      {
        name: 'admin-addresses',
        action: { block: {} },
        visibilityConfig: visibility('admin-addresses'),
        statement: {
          andStatement: {
            statements: [
              {
                byteMatchStatement: {
                  fieldToMatch: { uriPath: {} },
                  positionalConstraint: 'CONTAINS',
                  searchString: `${API_ROOT}/admin`,
                  textTransformations: [
                    { priority: 0, type: 'URL_DECODE' },
                    { priority: 1, type: 'NORMALIZE_PATH' },
                    { priority: 2, type: 'LOWERCASE' },
                  ],
                },
              },
              { notStatement: { statement: anyListed } },
            ],
          },
        },
      },
    ];
  }
}

/** WAF takes CIDR blocks only. */
function toCidr(address: string): string {
  if (address.includes('/')) return address;
  return `${address}/${address.includes(':') ? 128 : 32}`;
}

function visibility(metricName: string): wafv2.CfnWebACL.VisibilityConfigProperty {
  return { cloudWatchMetricsEnabled: true, sampledRequestsEnabled: false, metricName };
}

function managedRules(): Rule[] {
  return MANAGED_GROUPS.map((name) => ({
    name,
    overrideAction: { none: {} },
    visibilityConfig: visibility(name),
    statement: {
      managedRuleGroupStatement: {
        vendorName: 'AWS',
        name,
        ...(name === COMMON_RULES
          ? { ruleActionOverrides: COUNTED_COMMON_RULES.map((rule) => ({ name: rule, actionToUse: { count: {} } })) }
          : {}),
      },
    },
  }));
}

function rateRule(stage: StageContext): Rule {
  return {
    name: 'rate-per-address',
    action: { block: {} },
    visibilityConfig: visibility('rate-per-address'),
    statement: {
      rateBasedStatement: {
        limit: stage.config.waf_requests_per_5_minutes,
        evaluationWindowSec: 300,
        // The connection's address. Forwarded headers can be forged by whoever sends them.
        aggregateKeyType: 'IP',
      },
    },
  };
}
