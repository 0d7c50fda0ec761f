/** The import direction of docs/architecture.md: functions -> shared/<domain> -> shared/platform. */
const DOMAINS =
  '^shared/(access|alerts|audit|catalog|checkout|custody|operations|orders|prices|token|transactions|users)/';

/** Rules without I/O: tables and properties test them, so nothing of AWS, the network or the clock may get in. */
const PURE_RULES = [
  'shared/access/(api-key|api-key-token|credentials|lockout)',
  'shared/access/oidc/(oidc-settings|oidc-principal)',
  'shared/alerts/(alert|alert-row)',
  'shared/alerts/delivery/(alert-mail|alert-message|alert-settings|alert-webhooks|cool-down|delivery|told-alert)',
  'shared/audit/(audit-entry|index-attributes|name-break|stored-entry|verify-stream)',
  'shared/audit/anchors/(anchor-chain|digest)',
  'shared/catalog/(product|stock)',
  'shared/checkout/(cart|cart-expiry|cart-lines|cart-reservations|cart-seal|tokens)',
  'shared/custody/deposit-pool/(pool-rows|pool-size)',
  'shared/custody/dual-control/(request|request-row)',
  'shared/custody/(destruction/destruction|export/export|export/recipient-key)',
  'shared/custody/(curve|private-key|wallet)',
  'shared/custody/lifecycle/(lifecycle|sweep)',
  'shared/transactions/sweep/plan-moves',
  'shared/custody/kms/(der-signature|public-key|recover-signature)',
  'shared/custody/messages/(message-rules|spending-rights|typed-data|typed-data-types|typed-data-values)',
  'shared/platform/money/(currencies|decimal)',
  'shared/prices/(feed-reading|judge-price|price|quote)',
  'shared/platform/(canonical-json|deadline|secret-shape)',
  'shared/platform/auth/(address-list|kinship|principal|scopes)',
  'shared/platform/breaker/(breaker-config|breaker-state)',
  'shared/platform/chain/(call-refusal|endpoint-health|price-feed-config|rpc-endpoints|send-refusal)',
  'shared/platform/errors/(catalogue|haven-error|problem)',
  'shared/platform/http/(fields|json-body|public-address|route|standard-webhooks|validation)',
  'shared/platform/log/(messages|redact)',
  'shared/platform/rate-limit/gcra',
  'shared/platform/outbox/outbox-message',
  'shared/token/redemption',
  'shared/transactions/(transaction|transition|view)',
  'shared/transactions/status/(gas-price|summary)',
  'shared/transactions/top-up/next-top-up',
  'shared/transactions/lane/(admit|decide|fees|lane|send-error)',
  'shared/users/(kyc|user)',
].map((path) => `^${path}\\.ts$`);

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true, dependencyTypesNot: ['type-only'] } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: ['\\.d\\.ts$', '^test/', '\\.mjs$'] },
      to: {},
    },
    {
      name: 'no-barrel-files',
      comment: 'An index.ts pulls everything behind it into a bundle.',
      severity: 'error',
      from: {},
      to: { path: '^(shared|functions)/.*index\\.ts$' },
    },
    {
      name: 'platform-knows-no-domain',
      severity: 'error',
      from: { path: '^shared/platform/' },
      to: { path: ['^shared/(?!platform/)', '^(functions|lib|bin|local|bench|docs|contracts|test)/'] },
    },
    {
      name: 'domains-know-no-function',
      severity: 'error',
      from: { path: DOMAINS },
      to: { path: '^(functions|lib|bin|local|bench|docs|contracts|test)/' },
    },
    {
      name: 'client-knows-routes-only',
      comment: 'The typed client is made from the catalogue of routes, and from nothing else of functions/.',
      severity: 'error',
      from: { path: '^shared/client/' },
      to: { path: '^(functions/(?!catalogue\\.ts)|lib|bin|local|bench|docs|contracts|test)/' },
    },
    {
      name: 'stores-are-private',
      comment: "Domains meet through each other's use cases; only composition roots wire stores.",
      severity: 'error',
      from: { path: '^shared/([^/]+)/', pathNot: '^shared/platform/' },
      to: { path: '^shared/.*-store\\.ts$', pathNot: ['^shared/$1/', '^shared/platform/'] },
    },
    {
      name: 'pure-rules-have-no-io',
      severity: 'error',
      from: { path: PURE_RULES },
      to: {
        path: ['@aws-sdk/', '@aws-crypto/', '^(node:)?(http|https|net|fs|dns|child_process)', 'ethers/.*providers'],
        pathNot: '^(node:)?net$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'catalogue-stays-out-of-lambda',
      comment: 'It names every route; a function bundles its own.',
      severity: 'error',
      from: { path: '^functions/[^/]+/' },
      to: { path: '^functions/catalogue\\.ts$' },
    },
    {
      name: 'infrastructure-knows-declarations-only',
      severity: 'error',
      from: { path: '^(lib|bin)/' },
      to: { path: ['^functions/[^/]+/(main|handler)\\.ts$', '^(local|bench|docs|test)/', '^shared/.*-store\\.ts$'] },
    },
    {
      name: 'product-knows-no-tests-or-tools',
      severity: 'error',
      from: { path: '^(shared|functions|lib|bin|contracts)/' },
      to: { path: '^(local|bench|docs/generate|test)/' },
    },
    {
      name: 'no-dev-dependencies-in-product',
      severity: 'error',
      from: { path: '^(shared|functions)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-undeclared',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'], pathNot: '^aws-lambda$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(cdk\\.out|dist|\\.haven)' },
    // TypeScript 7 has no compiler API that dependency-cruiser could use.
    parser: 'swc',
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
    },
  },
};
