import { DESTRUCTION_KIND, destructionUse, toDestructionView } from '#shared/custody/destruction/destruction.ts';
import { requestDestruction } from '#shared/custody/destruction/request-destruction.ts';
import { decideRequest, type RequestDependencies } from '#shared/custody/dual-control/change-request.ts';
import { type ControlledRequest, type RequestStatus, statusAt } from '#shared/custody/dual-control/request.ts';
import { createRequestStore } from '#shared/custody/dual-control/request-store.ts';
import { EXPORT_KIND, toExportView } from '#shared/custody/export/export.ts';
import { exportUse, requestExport } from '#shared/custody/export/request-export.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { type BoundRoute, bind, bindIdempotent } from '#shared/platform/http/bound-route.ts';
import type { ListPager } from '#shared/platform/http/list-pager.ts';
import { routes } from './routes.ts';

/** What the key control needs. */
export interface KeyControlDependencies extends RequestDependencies {
  readonly pager: ListPager;
  /** Whether this stage exports keys at all. */
  readonly exportIsOn: boolean;
  /** Days that the key of a revoked wallet is kept at least. */
  readonly retentionDays: number;
}

/** Binds the key control's routes. It decides about keys and can reach none. */
export function bindRoutes(deps: KeyControlDependencies): readonly BoundRoute[] {
  return [...exportRoutes(deps), ...destructionRoutes(deps)];
}

interface Filter {
  readonly status?: RequestStatus | undefined;
  readonly wallet_id?: string | undefined;
}

/** A list shows where requests stand now, so its filter is held against that. */
const passing = (filter: Filter, now: string) => (request: ControlledRequest) =>
  (filter.status === undefined || statusAt(request, now) === filter.status) &&
  (filter.wallet_id === undefined || request.wallet_id === filter.wallet_id);

function exportRoutes(deps: KeyControlDependencies): readonly BoundRoute[] {
  const exports = createRequestStore(deps.client, deps.tables.approvals, EXPORT_KIND);
  const deciding = { ...deps, kind: EXPORT_KIND, requests: exports, useOf: exportUse };
  const now = () => isoTime(deps.clock());
  return [
    bindIdempotent('requestExport', routes.requestExport, ({ params, body }, context) =>
      requestExport(deps, params.id, body, context),
    ),
    bind('listExports', routes.listExports, async ({ query: { limit, cursor, ...filter } }) => {
      const at = now();
      const page = await deps.pager.page('exports', filter, cursor, (before) =>
        exports.list(passing(filter, at), before, limit),
      );
      return { ...page, data: page.data.map((found) => toExportView(found, at)) };
    }),
    bind('getExport', routes.getExport, async ({ params }) => toExportView(await exports.get(params.id), now())),
    bind('approveExport', routes.approveExport, async ({ params }, context) =>
      toExportView(await decideRequest(deciding, params.id, 'approve', undefined, context), now()),
    ),
    bind('rejectExport', routes.rejectExport, async ({ params, body }, context) =>
      toExportView(await decideRequest(deciding, params.id, 'reject', body.reason, context), now()),
    ),
    bind('cancelExport', routes.cancelExport, async ({ params, body }, context) =>
      toExportView(await decideRequest(deciding, params.id, 'cancel', body.reason, context), now()),
    ),
  ];
}

function destructionRoutes(deps: KeyControlDependencies): readonly BoundRoute[] {
  const destructions = createRequestStore(deps.client, deps.tables.approvals, DESTRUCTION_KIND);
  const useOf = destructionUse(deps.retentionDays);
  const deciding = { ...deps, kind: DESTRUCTION_KIND, requests: destructions, useOf };
  const now = () => isoTime(deps.clock());
  return [
    bindIdempotent('requestDestruction', routes.requestDestruction, ({ params, body }, context) =>
      requestDestruction(deps, params.id, body.reason, context),
    ),
    bind('listDestructions', routes.listDestructions, async ({ query: { limit, cursor, ...filter } }) => {
      const at = now();
      const page = await deps.pager.page('destructions', filter, cursor, (before) =>
        destructions.list(passing(filter, at), before, limit),
      );
      return { ...page, data: page.data.map((found) => toDestructionView(found, at)) };
    }),
    bind('getDestruction', routes.getDestruction, async ({ params }) =>
      toDestructionView(await destructions.get(params.id), now()),
    ),
    bind('approveDestruction', routes.approveDestruction, async ({ params }, context) =>
      toDestructionView(await decideRequest(deciding, params.id, 'approve', undefined, context), now()),
    ),
    bind('rejectDestruction', routes.rejectDestruction, async ({ params, body }, context) =>
      toDestructionView(await decideRequest(deciding, params.id, 'reject', body.reason, context), now()),
    ),
    bind('cancelDestruction', routes.cancelDestruction, async ({ params, body }, context) =>
      toDestructionView(await decideRequest(deciding, params.id, 'cancel', body.reason, context), now()),
    ),
  ];
}
