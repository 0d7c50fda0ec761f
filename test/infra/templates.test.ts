/**
 * Everything that is told from the synthesised templates. One test file, so that each stage is synthesised once: what
 * is tested is beside it, one file for each part of the infrastructure.
 */
import './templates/alarms.ts';
import './templates/anchors.ts';
import './templates/api.ts';
import './templates/backups.ts';
import './templates/edge.ts';
import './templates/functions.ts';
import './templates/gateway-responses.ts';
import './templates/gradual.ts';
import './templates/incidents.ts';
import './templates/key-operators.ts';
import './templates/overview.ts';
import './templates/privileges.ts';
import './templates/queues.ts';
import './templates/secrets.ts';
import './templates/signing-keys.ts';
import './templates/tables.ts';
import './templates/wallet-key.ts';
