import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'docs/**/*.test.ts', 'bench/**/*.test.ts', 'examples/*.test.ts'],
    globalSetup: ['src/testing/build.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
