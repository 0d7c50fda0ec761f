import type { Route } from '#shared/platform/http/route.ts';
import { routes as accessApi } from './access-api/routes.ts';
import { routes as alertsApi } from './alerts-api/routes.ts';
import { routes as catalogApi } from './catalog-api/routes.ts';
import { routes as custodyApi } from './custody-api/routes.ts';
import { routes as keyControl } from './key-control/routes.ts';
import { routes as keyExport } from './key-export/routes.ts';
import { routes as messageSigner } from './message-signer/routes.ts';
import { routes as opsApi } from './ops-api/routes.ts';
import { routes as ordersApi } from './orders-api/routes.ts';
import { routes as paymentWebhooks } from './payment-webhooks/routes.ts';
import { routes as paymentsApi } from './payments-api/routes.ts';
import { routes as policyAdmin } from './policy-admin/routes.ts';
import { routes as refundsApi } from './refunds-api/routes.ts';
import { routes as statusApi } from './status-api/routes.ts';
import { routes as storefrontApi } from './storefront-api/routes.ts';
import { routes as tokenApi } from './token-api/routes.ts';
import { routes as transactionsApi } from './transactions-api/routes.ts';
import { routes as usersApi } from './users-api/routes.ts';
import { routes as walletProvisioner } from './wallet-provisioner/routes.ts';
import { routes as walletRotator } from './wallet-rotator/routes.ts';
import { routes as webhooksApi } from './webhooks-api/routes.ts';

/** Routes by operation name. */
export type Routes = Readonly<Record<string, Route>>;

/**
 * Which function serves which routes: a function is the unit of privilege. API Gateway's wiring, the OpenAPI document
 * and the typed client are made from this; no Lambda function imports it.
 */
export const apiFunctions = {
  'ops-api': opsApi,
  'wallet-provisioner': walletProvisioner,
  'wallet-rotator': walletRotator,
  'custody-api': custodyApi,
  'policy-admin': policyAdmin,
  'key-control': keyControl,
  'key-export': keyExport,
  'transactions-api': transactionsApi,
  'token-api': tokenApi,
  'users-api': usersApi,
  'catalog-api': catalogApi,
  'access-api': accessApi,
  'alerts-api': alertsApi,
  'message-signer': messageSigner,
  'status-api': statusApi,
  'orders-api': ordersApi,
  'refunds-api': refundsApi,
  'payments-api': paymentsApi,
  'storefront-api': storefrontApi,
  'payment-webhooks': paymentWebhooks,
  'webhooks-api': webhooksApi,
} satisfies Readonly<Record<string, Routes>>;

/** Every route of the API, by operation name. */
export const allRoutes = {
  ...opsApi,
  ...walletProvisioner,
  ...walletRotator,
  ...custodyApi,
  ...policyAdmin,
  ...keyControl,
  ...keyExport,
  ...transactionsApi,
  ...tokenApi,
  ...usersApi,
  ...catalogApi,
  ...accessApi,
  ...alertsApi,
  ...messageSigner,
  ...statusApi,
  ...ordersApi,
  ...refundsApi,
  ...paymentsApi,
  ...storefrontApi,
  ...paymentWebhooks,
  ...webhooksApi,
};
