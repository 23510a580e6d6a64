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
    // Every test runs as users have it; what runs SQL also with each tier alone.
    projects: [
      {
        extends: true,
        test: { name: 'auto', include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'] },
      },
      ...['compiled', 'interpreter'].map((tier) => ({
        extends: true as const,
        test: {
          name: tier,
          include: [
            'packages/micadb/src/{vm,codegen,api}/**/*.test.ts',
            'test/{cases,fuzz,plans}/**/*.test.ts',
            'test/{budgets,hash-joins}.test.ts',
          ],
          env: { MICADB_POISON: '1', MICADB_TIER: tier },
        },
      })),
      // Long programs are compiled loop by loop; here all are.
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['test/tiers.test.ts', 'test/fuzz/**/*.test.ts'],
          env: { MICADB_POISON: '1', MICADB_TIER: 'compiled', MICADB_PART: '1500' },
        },
      },
    ],
    setupFiles: ['test/tiers.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // Recycled page buffers are overwritten, so that a byte kept too long shows.
    env: { MICADB_POISON: '1' },
    pool: 'forks',
    maxWorkers: 2,
  },
});
