import { listWalletLogsRoute } from '#shared/audit/logs-route.ts';
import { verifyAuditRoute } from '#shared/audit/routes.ts';
import { showDepositPoolRoute } from '#shared/custody/deposit-pool/routes.ts';
import { getWalletRoute, listWalletsRoute } from '#shared/custody/routes.ts';

/** Routes that read about wallets and their audit streams: no key work. */
export const routes = {
  listWallets: listWalletsRoute,
  getWallet: getWalletRoute,
  showDepositPool: showDepositPoolRoute,
  verifyAudit: verifyAuditRoute,
  listWalletLogs: listWalletLogsRoute,
};
