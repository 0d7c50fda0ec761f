import {
  changeChannelRoute,
  createChannelRoute,
  deleteChannelRoute,
  getChannelRoute,
  listChannelsRoute,
  rotateChannelSecretRoute,
  testChannelRoute,
} from '#shared/alerts/channels/routes.ts';
import {
  acknowledgeAlertRoute,
  alertStatsRoute,
  getAlertRoute,
  listAlertsRoute,
  testAlertRoute,
} from '#shared/alerts/routes.ts';

/** Routes of alerts, and of where they are told. */
export const routes = {
  listAlerts: listAlertsRoute,
  showAlertStats: alertStatsRoute,
  getAlert: getAlertRoute,
  acknowledgeAlert: acknowledgeAlertRoute,
  testAlerts: testAlertRoute,
  createAlertChannel: createChannelRoute,
  listAlertChannels: listChannelsRoute,
  getAlertChannel: getChannelRoute,
  changeAlertChannel: changeChannelRoute,
  deleteAlertChannel: deleteChannelRoute,
  rotateAlertChannelSecret: rotateChannelSecretRoute,
  testAlertChannel: testChannelRoute,
};
