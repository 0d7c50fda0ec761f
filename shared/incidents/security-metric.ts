import type { SecurityKind } from '#shared/platform/log/kept-lines.ts';
import type { MetricName } from '#shared/platform/metrics.ts';

/** The count of each kind of security event. */
const METRICS = {
  authentication_failed: 'SecurityAuthenticationFailed',
  locked_out: 'SecurityLockedOut',
  access_denied: 'SecurityAccessDenied',
  forbidden: 'SecurityForbidden',
  policy_denied: 'SecurityPolicyDenied',
  cart_tampered: 'SecurityCartTampered',
  rate_limited: 'SecurityRateLimited',
  webhook_unsigned: 'SecurityWebhookUnsigned',
  unknown_id: 'SecurityUnknownId',
} as const satisfies Record<SecurityKind, MetricName>;

/** The metric that counts a kind of security event. */
export function securityMetric(kind: SecurityKind): MetricName {
  return METRICS[kind];
}
