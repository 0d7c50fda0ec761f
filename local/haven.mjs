#!/usr/bin/env node
// `npx haven`: through the same door as npm's scripts, which installs what is missing and hands over to the pinned Node.
process.argv.splice(2, 0, 'cli');
await import('./bootstrap.mjs');
