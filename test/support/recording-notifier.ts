import type { Notice, Notifier } from '../../hub/notify/notifier.ts';

/** Takes what it is told, or does with it what a test says. */
export class RecordingNotifier implements Notifier {
  readonly name: string;
  /** Calls for help. */
  readonly told: Notice[] = [];
  /** That one was answered. */
  readonly answers: Notice[] = [];
  noticeMaxMs = 29_000;
  calledOff = 0;
  /** How many it refused. */
  refused = 0;
  habit: 'take' | 'refuse' | 'hang' = 'take';

  constructor(name: string) {
    this.name = name;
  }

  notify(notice: Notice, signal: AbortSignal): Promise<void> {
    if (this.habit === 'hang') {
      signal.addEventListener('abort', () => {
        this.calledOff += 1;
      });
      return new Promise(() => {});
    }
    if (this.habit === 'refuse') {
      this.refused += 1;
      return Promise.reject(new Error('answered 500'));
    }
    (notice.answered ? this.answers : this.told).push(notice);
    return Promise.resolve();
  }
}
