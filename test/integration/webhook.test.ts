import { Webhook as ReferenceReceiver } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { acknowledgedNotice, exampleNotice, failureOf } from '../contracts/notifier-contract.ts';
import { TestAuthority } from '../support/certificate.ts';
import { never, notifierOf, secrets } from '../support/notifier-scenes.ts';
import { WebReceiver } from '../support/web-receiver.ts';

const secret = secrets.webhook;

describe('a webhook', () => {
  let receiver: WebReceiver;
  const notifier = (settings: object = {}) =>
    notifierOf({
      ...{ kind: 'webhook', url: `http://127.0.0.1:${receiver.port}/alarms`, secret },
      ...settings,
    });
  beforeEach(async () => {
    receiver = await WebReceiver.start();
  });
  afterEach(() => receiver.leave());

  it.each([
    ['whsec_', secret, new ReferenceReceiver(secret)],
    [
      'a plain text',
      'sixteen letters!',
      new ReferenceReceiver('sixteen letters!', { format: 'raw' }),
    ],
  ])('is what the receivers of the specification accept, with %s', async (_, key, reference) => {
    await notifier({ secret: key }).notify(exampleNotice, never);
    const { headers = {}, body = '' } = receiver.requests[0] ?? {};
    const signed = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value ?? '']),
    );
    expect(reference.verify(body, signed)).toEqual({
      type: 'alarm.unacknowledged',
      timestamp: '2030-01-02T03:04:05.000Z',
      data: {
        ...{ id: 'alarm-7.step-2', alarmId: 7, step: 2, isMistake: false, isTest: false },
        ...{ station: 'st-00000001', stationName: 'Station 1' },
        ...{ raisedAt: '2030-01-02T03:04:05.000Z', storedAt: '2030-01-02T03:04:06.000Z' },
        text: expect.stringContaining('紧急求助:Station 1'),
      },
    });
    expect(headers['webhook-id']).not.toContain('.');
    expect(() => reference.verify(`${body} `, signed)).toThrow();
  });

  it('says in its type that a test is one', async () => {
    await notifier().notify({ ...exampleNotice, isTest: true }, never);
    expect(JSON.parse(receiver.requests[0]?.body ?? '')).toMatchObject({
      type: 'alarm.test',
      data: { isTest: true },
    });
  });

  it('says in its type that an alarm was answered, and in its data by whom, when and why', async () => {
    await notifier().notify(acknowledgedNotice, never);
    expect(JSON.parse(receiver.requests[0]?.body ?? '')).toMatchObject({
      ...{ type: 'alarm.acknowledged', timestamp: '2030-01-02T03:05:07.000Z' },
      data: { alarmId: 7, by: 'Operator 1', at: '2030-01-02T03:05:07.000Z', othersOpen: 0 },
    });
    const answered = { state: 'resolved', by: 'Operator 2', atMs: 0, othersOpen: 1 } as const;
    const over = { ...exampleNotice, answered: { ...answered, cause: 'false' as const } };
    await notifier().notify(over, never);
    expect(JSON.parse(receiver.requests[1]?.body ?? '')).toMatchObject({
      ...{ type: 'alarm.resolved', data: { by: 'Operator 2', cause: 'false', othersOpen: 1 } },
    });
  });

  it.each([408, 425, 429, 500, 503])('tries again after %d, and is taken', async (status) => {
    receiver.answering = () => (receiver.requests.length === 1 ? { status } : { status: 204 });
    await notifier().notify(exampleNotice, never);
    const ids = receiver.requests.map(({ headers }) => headers['webhook-id']);
    expect(ids).toEqual(['alarm-7%2Estep-2', 'alarm-7%2Estep-2']);
  });

  it.each([301, 307, 400, 401, 404, 410])('does not try again after %d', async (status) => {
    const headers = { location: `http://127.0.0.1:${receiver.port}/elsewhere` };
    receiver.answering = () => ({ status, headers });
    const { message } = await failureOf(notifier().notify(exampleNotice, never));
    expect(message).toMatch(new RegExp(`^answered ${status} `));
    expect(receiver.requests).toHaveLength(1);
  });

  it('is called off between two attempts, and says what the last one met', async () => {
    const controller = new AbortController();
    receiver.answering = () => {
      setTimeout(() => controller.abort(), 50);
      return { status: 503, headers: { 'retry-after': '9' } };
    };
    const { message } = await failureOf(notifier().notify(exampleNotice, controller.signal));
    expect(message).toBe('called off before it was taken: answered 503 Service Unavailable');
    expect(receiver.requests).toHaveLength(1);
  });
});

describe('a webhook over TLS', () => {
  let authority: TestAuthority;
  let receiver: WebReceiver;
  beforeAll(async () => {
    authority = new TestAuthority();
    receiver = await WebReceiver.start(authority.tls);
  });
  afterAll(async () => {
    await receiver.leave();
    authority.remove();
  });
  const notifier = (ca: object) =>
    notifierOf({ kind: 'webhook', url: `https://127.0.0.1:${receiver.port}/`, secret, ...ca });

  it('is told only to a receiver whose authority is known', async () => {
    await notifier({ ca: authority.ca }).notify(exampleNotice, never);
    expect(receiver.requests).toHaveLength(1);
    const { message } = await failureOf(notifier({}).notify(exampleNotice, never));
    expect(message).toMatch(/^the connection failed \((SELF_SIGNED|UNABLE_TO)_\w+\)$/);
    expect(receiver.requests).toHaveLength(1);
  });
});
