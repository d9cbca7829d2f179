import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { exampleNotice, failureOf } from '../contracts/notifier-contract.ts';
import { TestAuthority } from '../support/certificate.ts';
import { MailReceiver } from '../support/mail-receiver.ts';
import { login, never, notifierOf, readMail } from '../support/notifier-scenes.ts';

describe('a mail', () => {
  let authority: TestAuthority;
  let receiver: MailReceiver;
  beforeAll(() => {
    authority = new TestAuthority();
  });
  afterEach(() => receiver.leave());
  afterAll(() => authority.remove());
  const sender = (settings: object) =>
    notifierOf({
      ...{ kind: 'smtp', host: '127.0.0.1', port: receiver.port, from: login.user },
      ...{ to: ['duty-1@scheme.example', 'duty-2@scheme.example'], ...settings },
    });

  it.each([
    ['STARTTLS', false, 'starttls'],
    ['implicit TLS', true, 'implicit'],
  ])('goes over %s, with login, to all', async (_, isImplicit, tls) => {
    receiver = await MailReceiver.start({ tls: authority.tls, isImplicit, login });
    await sender({ tls, ca: authority.ca, ...login }).notify(exampleNotice, never);
    const [mail, ...more] = receiver.mails;
    expect(more).toEqual([]);
    expect(mail).toMatchObject({ from: login.user, isEncrypted: true, user: login.user });
    expect(mail?.to).toEqual(['duty-1@scheme.example', 'duty-2@scheme.example']);
    expect(mail?.raw).toMatch(/^Auto-Submitted: auto-generated\r$/m);
    expect(mail?.raw).toMatch(/^Importance: high\r$/im);
    const { subject, text } = await readMail(mail?.raw ?? '');
    expect(subject).toBe('紧急求助:Station 1');
    expect(text).toContain('第 2 级通知');
  });

  it('goes to no server that has no STARTTLS, nor to one whose authority is unknown', async () => {
    receiver = await MailReceiver.start({ login });
    const plain = failureOf(sender({ ...login }).notify(exampleNotice, never));
    expect((await plain).message).toMatch(/STARTTLS/);
    await receiver.leave();
    receiver = await MailReceiver.start({ tls: authority.tls, login });
    const unknown = failureOf(sender({ ...login }).notify(exampleNotice, never));
    expect((await unknown).message).toMatch(/certificate/);
    expect(receiver.mails).toEqual([]);
  });

  it('names a wrong password without telling it', async () => {
    receiver = await MailReceiver.start({ login });
    const wrong = { tls: 'none', user: login.user, password: 'another-password' };
    const { message } = await failureOf(sender(wrong).notify(exampleNotice, never));
    expect(message).toBe('the mail server refused user and password (535)');
  });

  it('is trouble when one of its readers is unknown, although the other has it, once', async () => {
    receiver = await MailReceiver.start();
    receiver.unknown.add('duty-2@scheme.example');
    const { message } = await failureOf(sender({ tls: 'none' }).notify(exampleNotice, never));
    expect(message).toBe('1 of 2 addresses was refused');
    expect(receiver.mails.map(({ to }) => to)).toEqual([['duty-1@scheme.example']]);
  });

  it('names nobody in its trouble, however the server writes an address', async () => {
    receiver = await MailReceiver.start();
    receiver.mood = 'refuses';
    receiver.refusal = [
      ...['Duty-1@Scheme.Example: quota', '<duty-2@scheme.example> is away (duty-2)'],
      ...[`from ${login.user}`, 'mailbox is full'],
    ].join('; ');
    const { message } = await failureOf(sender({ tls: 'none' }).notify(exampleNotice, never));
    expect(message).toMatch(/550 \[secret\]: quota;.* mailbox is full$/);
    expect(message).not.toMatch(/duty|scheme\.example/i);
  });

  it('has one subject and no more headers, whatever a station is called', async () => {
    receiver = await MailReceiver.start();
    const stationName = 'Station 1\r\nBcc: somebody@else.example\r\n\r\nhello';
    await sender({ tls: 'none' }).notify({ ...exampleNotice, stationName }, never);
    expect(receiver.mails[0]?.to).toHaveLength(2);
    const { subject } = await readMail(receiver.mails[0]?.raw ?? '');
    expect(subject).toBe('紧急求助:Station 1 Bcc: somebody@else.example hello');
  });
});
