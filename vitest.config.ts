import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    alias: {
      'micadb/better-sqlite3': new URL(
        './packages/micadb/src/api/better-sqlite3.ts',
        import.meta.url,
      ).pathname,
      micadb: new URL('./packages/micadb/src/api/index.ts', import.meta.url).pathname,
    },
  },
  test: {
    setupFiles: ['test/tiers.ts'],
    include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // Recycled page buffers are overwritten, so that a byte kept too long shows.
    env: { MICADB_POISON: '1' },
    pool: 'forks',
    maxWorkers: 2,
  },
});
