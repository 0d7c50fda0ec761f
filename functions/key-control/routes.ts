import {
  approveDestructionRoute,
  cancelDestructionRoute,
  getDestructionRoute,
  listDestructionsRoute,
  rejectDestructionRoute,
  requestDestructionRoute,
} from '#shared/custody/destruction/routes.ts';
import {
  approveExportRoute,
  cancelExportRoute,
  getExportRoute,
  listExportsRoute,
  rejectExportRoute,
  requestExportRoute,
} from '#shared/custody/export/routes.ts';
import { revokeWalletRoute } from '#shared/custody/lifecycle/routes.ts';

/** Routes that end what keys may do: one revokes a wallet, by the others two people decide about its key. None can reach a key. */
export const routes = {
  revokeWallet: revokeWalletRoute,
  requestExport: requestExportRoute,
  listExports: listExportsRoute,
  getExport: getExportRoute,
  approveExport: approveExportRoute,
  rejectExport: rejectExportRoute,
  cancelExport: cancelExportRoute,
  requestDestruction: requestDestructionRoute,
  listDestructions: listDestructionsRoute,
  getDestruction: getDestructionRoute,
  approveDestruction: approveDestructionRoute,
  rejectDestruction: rejectDestructionRoute,
  cancelDestruction: cancelDestructionRoute,
};
