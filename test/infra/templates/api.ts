import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { allRoutes, apiFunctions } from '#functions/catalogue.ts';
import type { Stage } from '#lib/stage.ts';
import { API_ROOT } from '#shared/platform/http/api-root.ts';
import { ALL_STAGES, synthesise, templatesOf, withStage } from '../support/build-stage.ts';
import { documentSchema } from '../support/grants.ts';
import type { StageTemplates } from '../support/stage-templates.ts';

const resourceSchema = z.object({ ParentId: z.string(), PathPart: z.string() });
const methodSchema = z.object({
  HttpMethod: z.string(),
  ResourceId: z.string(),
  AuthorizationType: z.string(),
  AuthorizerId: z.string().optional(),
  ApiKeyRequired: z.boolean().default(false),
  Integration: z.object({ Type: z.string(), IntegrationHttpMethod: z.string(), Uri: z.string() }),
});
const authorizerSchema = z.object({
  Type: z.string(),
  IdentitySource: z.string(),
  AuthorizerResultTtlInSeconds: z.number(),
  AuthorizerUri: z.string(),
});
const stageSchema = z.object({
  StageName: z.string(),
  TracingEnabled: z.boolean(),
  AccessLogSetting: z.object({ DestinationArn: z.string(), Format: z.string() }),
  MethodSettings: z.array(
    z.object({
      HttpMethod: z.string(),
      ResourcePath: z.string(),
      DataTraceEnabled: z.boolean(),
      LoggingLevel: z.string(),
      MetricsEnabled: z.boolean(),
      ThrottlingRateLimit: z.number(),
      ThrottlingBurstLimit: z.number(),
      CachingEnabled: z.boolean().optional(),
    }),
  ),
});
const apiSchema = z.object({
  EndpointConfiguration: z.object({ Types: z.array(z.string()) }),
  Policy: documentSchema,
  BinaryMediaTypes: z.array(z.string()).optional(),
  MinimumCompressionSize: z.number(),
});

/** Every method of the API, with its whole path below the base path. */
function methodsOf(templates: StageTemplates) {
  const resources = templates.all('AWS::ApiGateway::Resource', resourceSchema);
  const pathOf = (id: string): string => {
    const found = resources.find(({ stack, logicalId }) => `${stack}.${logicalId}` === id);
    return found === undefined ? '' : `${pathOf(found.properties.ParentId)}/${found.properties.PathPart}`;
  };
  return templates
    .all('AWS::ApiGateway::Method', methodSchema)
    .map(({ properties }) => ({ ...properties, path: pathOf(properties.ResourceId) }));
}

/** What stands behind a function's name where its versions are exchanged gradually. */
const aliasOf = ({ config }: StageTemplates) => (config.canary === undefined ? '' : ':live');

/** What a declaration asks of the gateway. */
function declared(templates: StageTemplates) {
  return Object.entries(apiFunctions).flatMap(([name, routes]) =>
    Object.values(routes).map((route) => ({
      route: `${route.method} ${API_ROOT}${route.path}`,
      authorization: route.access === 'public' ? 'NONE' : 'CUSTOM',
      authorized: route.access !== 'public',
      function: `${templates.nameOf(name)}${aliasOf(templates)}`,
    })),
  );
}

const byRoute = (left: { route: string }, right: { route: string }) => left.route.localeCompare(right.route);

describe.each(ALL_STAGES)('the API of %s', (stage) => {
  const templates = templatesOf(stage);

  it('has a method for every declared route with exactly its authorization and function, and no other', () => {
    const methods = methodsOf(templates).map((method) => ({
      route: `${method.HttpMethod} ${method.path}`,
      authorization: method.AuthorizationType,
      authorized: method.AuthorizerId !== undefined,
      function: /function:([\w:-]+)\/invocations$/.exec(method.Integration.Uri)?.[1],
    }));
    expect(methods.sort(byRoute)).toEqual(declared(templates).sort(byRoute));
    expect(methods.length).toBe(Object.keys(allRoutes).length);
  });

  it('passes whole requests to functions', () => {
    for (const { Integration } of methodsOf(templates)) {
      expect(Integration).toMatchObject({ Type: 'AWS_PROXY', IntegrationHttpMethod: 'POST' });
    }
  });

  it('keeps an answer of the authorizer for less than 30 seconds, for one key at one address', () => {
    const { properties } = templates.one('AWS::ApiGateway::Authorizer', authorizerSchema);
    expect(properties.Type).toBe('REQUEST');
    expect(properties.AuthorizerResultTtlInSeconds).toBeLessThan(30);
    expect(properties.IdentitySource.split(',').sort()).toEqual([
      'context.identity.sourceIp',
      'method.request.header.Authorization',
    ]);
    expect(properties.AuthorizerUri).toContain(`function:${templates.nameOf('authorizer')}${aliasOf(templates)}/`);
  });

  it('throttles, traces, and logs errors but never requests', () => {
    const { properties } = templates.one('AWS::ApiGateway::Stage', stageSchema);
    const { throttle } = templates.config;
    expect(properties.StageName).toBe('api');
    expect(properties.TracingEnabled).toBe(true);
    expect(properties.MethodSettings).toEqual([
      {
        HttpMethod: '*',
        ResourcePath: '/*',
        DataTraceEnabled: false,
        LoggingLevel: 'ERROR',
        MetricsEnabled: true,
        ThrottlingRateLimit: throttle.requests_per_second,
        ThrottlingBurstLimit: throttle.burst,
      },
    ]);
  });

  it('writes an access log of JSON lines that tell who asked what and how it ended', () => {
    const { AccessLogSetting } = templates.one('AWS::ApiGateway::Stage', stageSchema).properties;
    expect(AccessLogSetting.DestinationArn).toMatch(new RegExp(`:log-group:/haven/${stage}/api-access$`));
    expect(JSON.parse(AccessLogSetting.Format)).toMatchObject({
      requestId: '$context.requestId',
      ip: '$context.identity.sourceIp',
      requestTime: '$context.requestTime',
      httpMethod: '$context.httpMethod',
      resourcePath: '$context.resourcePath',
      status: '$context.status',
    });
  });

  it('is regional: WAF and the resource policy see the address of the caller', () => {
    expect(templates.one('AWS::ApiGateway::RestApi', apiSchema).properties.EndpointConfiguration.Types).toEqual([
      'REGIONAL',
    ]);
  });

  it('compresses long answers for who asks for it, and spares short ones the work', () => {
    expect(templates.one('AWS::ApiGateway::RestApi', apiSchema).properties.MinimumCompressionSize).toBe(10_240);
  });
});

describe('the resource policy', () => {
  const anyone = {
    Effect: 'Allow',
    Principal: { AWS: '*' },
    Action: ['execute-api:Invoke'],
    Resource: ['execute-api:/*'],
  };
  const withCidrs = (...admin_cidrs: string[]) =>
    withStage('production', synthesise, { change: (config: Stage) => ({ ...config, admin_cidrs }) });
  const policyOf = (templates: StageTemplates) =>
    templates.one('AWS::ApiGateway::RestApi', apiSchema).properties.Policy.Statement;
  const deployment = (templates: StageTemplates) =>
    templates.one('AWS::ApiGateway::Deployment', z.object({})).logicalId;

  it('refuses admin routes to every address but the listed ones', () => {
    expect(policyOf(withCidrs('192.0.2.0/24', '2001:db8::/32'))).toEqual([
      anyone,
      {
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: ['execute-api:Invoke'],
        Resource: ['execute-api:/api/*/v1/admin/*'],
        Condition: { NotIpAddress: { 'aws:SourceIp': ['192.0.2.0/24', '2001:db8::/32'] } },
      },
    ]);
  });

  it('covers every route with an admin path', () => {
    const admin = Object.values(allRoutes).filter(({ path }) => path.includes('admin'));
    expect(admin.length).toBeGreaterThan(0);
    expect(admin.filter(({ path }) => !path.startsWith('/admin/'))).toEqual([]);
  });

  it('refuses nobody where no address is listed', () => {
    expect(policyOf(withCidrs())).toEqual([anyone]);
  });

  it('takes effect when the list changes: API Gateway wants a new deployment for it', () => {
    expect(deployment(withCidrs('192.0.2.0/24'))).not.toBe(deployment(withCidrs('198.51.100.0/24')));
  });
});
