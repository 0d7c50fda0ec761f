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

/** Routes by which two people decide about keys: they change what is asked for, and can reach no key. */
export const routes = {
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
