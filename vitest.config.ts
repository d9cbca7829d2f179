import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What every project shares: real parts need room on a loaded machine, so time-outs are generous. */
const base = { testTimeout: 30_000, hookTimeout: 30_000 };

/** Tests of whole programs mostly wait for them, so that a small machine too can run a few at a time. */
const workers = Math.max(3, availableParallelism() - 1);

/** These take minutes: begun last, they would keep one worker busy while the others have nothing left. */
const longOnes = ['simulation/simulate', 'end-to-end/torture', 'end-to-end/supervision'];

class LongOnesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean =>
      longOnes.some((name) => moduleId.endsWith(`/test/${name}.test.ts`));
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

/** One file at a time, after all others: there is one card reader stack. */
const alone = { fileParallelism: false, sequence: { groupOrder: 1 } };

export default defineConfig({
  test: {
    maxWorkers: workers,
    sequence: { sequencer: LongOnesFirst },
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
          ...alone,
        },
      },
      {
        test: {
          ...base,
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
        },
      },
    ],
  },
});
