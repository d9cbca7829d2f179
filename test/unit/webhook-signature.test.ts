import { expect, it } from 'vitest';
import { signedHeaders, webhookId } from '../../hub/notify/webhook-signature.ts';

/** The example of the specification's own libraries (standard-webhooks, webhook.test.ts, "sign function works"). */
it('signs the published example as it is published', () => {
  const message = {
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestampS: 1_614_265_330,
    body: '{"test": 2432232314}',
  };
  expect(signedHeaders('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', message)).toEqual({
    'webhook-id': message.id,
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

it('makes of every name one that a header can hold, with no dot, and never the same of two', () => {
  const names = ['a.b', 'a-b', 'a_b', 'a%2Eb', '告警 1', 'a\r\nb'];
  const ids = names.map(webhookId);
  for (const id of ids) expect(id).toMatch(/^[\w%*!'()~-]+$/);
  expect(new Set(ids).size).toBe(names.length);
});
