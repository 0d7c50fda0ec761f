import type { APIGatewayAuthorizerResult } from 'aws-lambda';

/**
 * What API Gateway is told of a principal. It is about the whole stage, not one method: the answer is kept for all routes; scopes
 * are checked by each route.
 *
 * @param methodArn of the request
 */
export function policy(effect: 'Allow' | 'Deny', principalId: string, methodArn: string): APIGatewayAuthorizerResult {
  const [api, stage] = methodArn.split('/');
  return {
    principalId,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect: effect, Resource: `${api}/${stage}/*` }],
    },
  };
}
