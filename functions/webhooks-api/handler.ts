import { type BoundRoute, bind, bindIdempotent } from '#shared/platform/http/bound-route.ts';
import type { ListPager } from '#shared/platform/http/list-pager.ts';
import type { WebhookDeliveryStore } from '#shared/webhooks/delivery-store.ts';
import {
  changeEndpoint,
  createEndpoint,
  deleteEndpoint,
  type EndpointDependencies,
  rotateEndpointSecret,
} from '#shared/webhooks/manage-endpoints.ts';
import { redeliverOne, redeliverRange, type SendDependencies, sendTest } from '#shared/webhooks/send-again.ts';
import { toDeliveryView, toEndpointDetailView, toEndpointView } from '#shared/webhooks/view.ts';
import { routes } from './routes.ts';

/** What the webhooks API needs. */
export interface WebhooksApiDependencies extends EndpointDependencies, SendDependencies {
  readonly endpoints: EndpointDependencies['endpoints'];
  readonly standings: EndpointDependencies['standings'];
  readonly deliveries: WebhookDeliveryStore;
  readonly tables: EndpointDependencies['tables'];
  readonly pager: ListPager;
}

/** Binds the webhooks API's routes. */
export function bindRoutes(deps: WebhooksApiDependencies): readonly BoundRoute[] {
  const { endpoints, standings, deliveries, pager, clock } = deps;
  return [
    bindIdempotent('createWebhookEndpoint', routes.createWebhookEndpoint, ({ body }, context) =>
      createEndpoint(deps, body, context),
    ),
    bind('listWebhookEndpoints', routes.listWebhookEndpoints, ({ query: { limit, cursor } }) =>
      pager.page('webhook-endpoints', {}, cursor, async (before) => {
        const { rows, lastId } = await endpoints.list(before, limit);
        return { rows: rows.map((endpoint) => toEndpointView(endpoint, clock())), lastId };
      }),
    ),
    bind('getWebhookEndpoint', routes.getWebhookEndpoint, async ({ params: { id } }) => {
      const [endpoint, standing] = await Promise.all([endpoints.get(id), standings.load(id)]);
      return toEndpointDetailView(endpoint, standing, clock());
    }),
    bind('changeWebhookEndpoint', routes.changeWebhookEndpoint, ({ params, body }, context) =>
      changeEndpoint(deps, params.id, body, context),
    ),
    bind('deleteWebhookEndpoint', routes.deleteWebhookEndpoint, ({ params }, context) =>
      deleteEndpoint(deps, params.id, context),
    ),
    bindIdempotent('rotateWebhookSecret', routes.rotateWebhookSecret, ({ params }, context) =>
      rotateEndpointSecret(deps, params.id, context),
    ),
    bindIdempotent('testWebhookEndpoint', routes.testWebhookEndpoint, ({ params }, context) =>
      sendTest(deps, params.id, context),
    ),
    bind('listWebhookDeliveries', routes.listWebhookDeliveries, async ({ params: { id }, query }) => {
      const { status, limit, cursor } = query;
      await endpoints.get(id);
      return pager.page('webhook-deliveries', { id, status }, cursor, async (before) => {
        const { rows, lastId } = await deliveries.list(id, status, before, limit);
        const events = await deliveries.events(rows.map(({ event_id }) => event_id));
        const byId = new Map(events.map((event) => [event.id, event]));
        return { rows: rows.map((row) => toDeliveryView(row, byId.get(row.event_id))), lastId };
      });
    }),
    bindIdempotent('redeliverWebhookDelivery', routes.redeliverWebhookDelivery, ({ params }, context) =>
      redeliverOne(deps, params.id, context),
    ),
    bindIdempotent('redeliverWebhookEndpoint', routes.redeliverWebhookEndpoint, ({ params, body }, context) =>
      redeliverRange(deps, params.id, { ...body, until: body.until }, context),
    ),
  ];
}
