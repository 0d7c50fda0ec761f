import { acknowledgeAlert, foundAlert } from '#shared/alerts/acknowledge-alert.ts';
import type { AlertList } from '#shared/alerts/alert-list.ts';
import { toAlertDetail, toAlertView } from '#shared/alerts/alert-view.ts';
import { toChannelView } from '#shared/alerts/channels/channel-view.ts';
import { listChannels } from '#shared/alerts/channels/list-channels.ts';
import {
  type ChannelDependencies,
  changeChannel,
  createChannel,
  deleteChannel,
  rotateChannelSecret,
} from '#shared/alerts/channels/manage-channels.ts';
import { sendTestAlert, type TestAlertDependencies, testChannel } from '#shared/alerts/send-test-alert.ts';
import { showStats } from '#shared/alerts/stats/show-stats.ts';
import { type BoundRoute, bind, bindIdempotent } from '#shared/platform/http/bound-route.ts';
import type { ListPager } from '#shared/platform/http/list-pager.ts';
import { routes } from './routes.ts';

/** What the alerts API needs. */
export interface AlertsApiDependencies extends TestAlertDependencies, ChannelDependencies {
  readonly tables: ChannelDependencies['tables'];
  readonly listAlerts: AlertList;
  readonly pager: ListPager;
}

/** Binds the alerts API's routes. */
export function bindRoutes(deps: AlertsApiDependencies): readonly BoundRoute[] {
  return [
    bind('listAlerts', routes.listAlerts, ({ query: { limit, cursor, ...filter } }) =>
      deps.pager.page('alerts', filter, cursor, async (before) => {
        const { rows, lastId } = await deps.listAlerts(filter, before, limit);
        return { rows: rows.map((alert) => toAlertView(alert, deps.runbookUrl)), lastId };
      }),
    ),
    bind('showAlertStats', routes.showAlertStats, ({ query }) => showStats(deps, query)),
    bind('getAlert', routes.getAlert, async ({ params }) =>
      toAlertDetail(await foundAlert(deps, params.id), deps.runbookUrl),
    ),
    bindIdempotent('acknowledgeAlert', routes.acknowledgeAlert, ({ params, body }, context) =>
      acknowledgeAlert(deps, params.id, body.note, context),
    ),
    bindIdempotent('testAlerts', routes.testAlerts, ({ body }, context) => sendTestAlert(deps, body.severity, context)),
    bindIdempotent('createAlertChannel', routes.createAlertChannel, ({ body }, context) =>
      createChannel(deps, body, context),
    ),
    bind('listAlertChannels', routes.listAlertChannels, ({ query }) =>
      deps.pager.page('alert-channels', {}, query.cursor, (before) => listChannels(deps.channels, before, query.limit)),
    ),
    bind('getAlertChannel', routes.getAlertChannel, async ({ params }) =>
      toChannelView(await deps.channels.get(params.id)),
    ),
    bind('changeAlertChannel', routes.changeAlertChannel, ({ params, body }, context) =>
      changeChannel(deps, params.id, body, context),
    ),
    bind('deleteAlertChannel', routes.deleteAlertChannel, ({ params }, context) =>
      deleteChannel(deps, params.id, context),
    ),
    bindIdempotent('rotateAlertChannelSecret', routes.rotateAlertChannelSecret, ({ params }, context) =>
      rotateChannelSecret(deps, params.id, context),
    ),
    bindIdempotent('testAlertChannel', routes.testAlertChannel, ({ params }, context) =>
      testChannel(deps, params.id, context),
    ),
  ];
}
