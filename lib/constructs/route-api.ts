import { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { API_ROOT } from '#shared/platform/http/api-root.ts';
import type { Route } from '#shared/platform/http/route.ts';
import type { StageContext } from '../stage-context.ts';
import { acknowledge } from './acknowledge.ts';
import { addGatewayResponses } from './gateway-responses.ts';

/** What the API is made of. */
export interface RouteApiProps {
  readonly stage: StageContext;
  /** Functions with the routes that each serves. */
  readonly functions: readonly {
    /** What is called: a function, or the alias of one. */
    readonly function: lambda.IFunction;
    readonly routes: Readonly<Record<string, Route>>;
  }[];
  readonly authorizer: lambda.IFunction;
}

/** API Gateway's stage, so that the base path of every URL is /api/v1. */
const GATEWAY_STAGE = 'api';

const PUBLIC_REASON = 'Its route is declared public: it tells nothing about customers, and is rate limited by address.';
const API_KEY_REASON =
  "Haven's own authorizer checks API keys, and tokens of the OIDC issuer that the stage names, whichever that is.";

/**
 * Answers from this size on are compressed for clients that ask for it: the API reference is a tenth of its size then, a list
 * a fifth. An attack on compressed answers (BREACH) needs a victim's browser that sends credentials by itself; Haven's clients
 * send theirs in a header that no page can add.
 */
const MIN_COMPRESSED = Size.kibibytes(10);

/**
 * How long API Gateway keeps the authorizer's answer: a revoked key works no longer than this. Below the 30 seconds
 * that the API promises, with room for the answer itself.
 */
export const AUTHORIZER_CACHE = Duration.seconds(25);

/** A REST API made from route declarations: nothing is reachable that no declaration names. */
export class RouteApi extends Construct {
  readonly api: apigateway.RestApi;

  constructor(scope: Construct, id: string, props: RouteApiProps) {
    super(scope, id);
    const { stage } = props;
    this.api = this.#createApi(stage);
    addGatewayResponses(this.api);
    const authorizer = new apigateway.RequestAuthorizer(this, 'Authorizer', {
      handler: props.authorizer,
      authorizerName: stage.resourceName('authorizer'),
      // The address is part of the identity: an answer for one address must not serve another.
      identitySources: [
        apigateway.IdentitySource.header('Authorization'),
        apigateway.IdentitySource.context('identity.sourceIp'),
      ],
      resultsCacheTtl: AUTHORIZER_CACHE,
    });
    for (const { function: fn, routes } of props.functions) {
      const integration = new apigateway.AwsIntegration({
        proxy: true,
        service: 'lambda',
        path: `2015-03-31/functions/${fn.functionArn}/invocations`,
      });
      fn.addPermission('ApiGateway', {
        principal: new iam.ServicePrincipal('apigateway.amazonaws.com'),
        sourceArn: this.api.arnForExecuteApi('*', '/*', GATEWAY_STAGE),
      });
      for (const route of Object.values(routes)) {
        const open = route.access === 'public';
        const method = this.#resource(`${API_ROOT}${route.path}`).addMethod(route.method, integration, {
          ...(open ? {} : { authorizer }),
          authorizationType: open ? apigateway.AuthorizationType.NONE : apigateway.AuthorizationType.CUSTOM,
        });
        if (open) acknowledge(method, 'AwsSolutions-APIG4', PUBLIC_REASON);
        acknowledge(method, 'AwsSolutions-COG4', open ? PUBLIC_REASON : API_KEY_REASON);
      }
    }
  }

  #resource(path: string): apigateway.IResource {
    return this.api.root.resourceForPath(path);
  }

  #createApi(stage: StageContext): apigateway.RestApi {
    const accessLogs = new logs.LogGroup(this, 'AccessLogs', {
      logGroupName: `/haven/${stage.config.name}/api-access`,
      retention: stage.config.log_retention_days,
      removalPolicy: stage.config.protect_data ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
    });
    const api = new apigateway.RestApi(this, 'Api', {
      restApiName: stage.resourceName('api'),
      description: `Haven ${stage.config.name}`,
      endpointTypes: [apigateway.EndpointType.REGIONAL],
      minCompressionSize: MIN_COMPRESSED,
      cloudWatchRole: true,
      cloudWatchRoleRemovalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      policy: resourcePolicy(stage),
      deployOptions: {
        stageName: GATEWAY_STAGE,
        throttlingRateLimit: stage.config.throttle.requests_per_second,
        throttlingBurstLimit: stage.config.throttle.burst,
        metricsEnabled: true,
        tracingEnabled: true,
        loggingLevel: apigateway.MethodLoggingLevel.ERROR,
        // Never: it would log whole requests.
        dataTraceEnabled: false,
        accessLogDestination: new apigateway.LogGroupLogDestination(accessLogs),
        accessLogFormat: apigateway.AccessLogFormat.jsonWithStandardFields({
          caller: false,
          httpMethod: true,
          ip: true,
          protocol: true,
          requestTime: true,
          resourcePath: true,
          responseLength: true,
          status: true,
          user: false,
        }),
      },
    });
    acknowledge(
      api,
      'AwsSolutions-APIG2',
      "Every function checks parameters, query and body against its route's schema, and says which field is at fault; API Gateway's validator could not.",
    );
    const logRole = api.node.findChild('CloudWatchRole');
    acknowledge(
      logRole,
      `AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]`,
      "API Gateway's role for the logs of the whole account, with the policy that it documents; only API Gateway can assume it.",
    );
    return api;
  }
}

/** Anyone may call; admin routes only from the stage's admin addresses, where it has any. */
function resourcePolicy(stage: StageContext): iam.PolicyDocument {
  const invoke = (effect: iam.Effect, paths: readonly string[], conditions?: iam.Conditions) =>
    new iam.PolicyStatement({
      effect,
      actions: ['execute-api:Invoke'],
      principals: [new iam.AnyPrincipal()],
      resources: paths.map((path) => `execute-api:/${path}`),
      ...(conditions === undefined ? {} : { conditions }),
    });
  const statements = [invoke(iam.Effect.ALLOW, ['*'])];
  if (stage.config.admin_cidrs.length > 0) {
    const elsewhere = { NotIpAddress: { 'aws:SourceIp': stage.config.admin_cidrs } };
    statements.push(invoke(iam.Effect.DENY, [`${GATEWAY_STAGE}/*${API_ROOT}/admin/*`], elsewhere));
  }
  return new iam.PolicyDocument({ statements });
}
