import {
  changeEndpointRoute,
  createEndpointRoute,
  deleteEndpointRoute,
  getEndpointRoute,
  listDeliveriesRoute,
  listEndpointsRoute,
  redeliverOneRoute,
  redeliverRangeRoute,
  rotateEndpointSecretRoute,
  testEndpointRoute,
} from '#shared/webhooks/routes.ts';

/** Routes by which integrators say where they are told of events. No keys, no ledger, nothing of orders. */
export const routes = {
  createWebhookEndpoint: createEndpointRoute,
  listWebhookEndpoints: listEndpointsRoute,
  getWebhookEndpoint: getEndpointRoute,
  changeWebhookEndpoint: changeEndpointRoute,
  deleteWebhookEndpoint: deleteEndpointRoute,
  rotateWebhookSecret: rotateEndpointSecretRoute,
  testWebhookEndpoint: testEndpointRoute,
  listWebhookDeliveries: listDeliveriesRoute,
  redeliverWebhookDelivery: redeliverOneRoute,
  redeliverWebhookEndpoint: redeliverRangeRoute,
};
