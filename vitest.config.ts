import { defineConfig } from 'vitest/config';

/** What every project shares: real parts need room on a loaded machine, so time-outs are generous. */
const base = { testTimeout: 30_000, hookTimeout: 30_000 };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...base,
          name: 'unit',
          include: ['test/domain/**/*.test.ts', 'test/unit/**/*.test.ts'],
        },
      },
      {
        test: {
          ...base,
          name: 'integration',
          include: ['test/integration/**/*.test.ts', 'test/end-to-end/**/*.test.ts'],
        },
      },
      {
        test: {
          ...base,
          name: 'simulation',
          include: ['test/simulation/**/*.test.ts'],
        },
      },
      {
        test: {
          ...base,
          name: 'hardware',
          include: ['test/hardware/**/*.test.ts'],
          testTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          ...base,
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          fileParallelism: false,
        },
      },
    ],
  },
});
