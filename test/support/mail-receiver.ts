import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly isEncrypted: boolean;
  readonly user: string | undefined;
  readonly raw: string;
}

/** `breaks` is a server with a fault of its own, `refuses` one that says what it dislikes, in words of the test. */
export type MailMood = 'takes' | 'breaks' | 'refuses' | 'hangs' | 'garbage';

export interface MailReceiverOptions {
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly isImplicit?: boolean;
  readonly login?: { readonly user: string; readonly password: string };
}

/** A real SMTP server of a test's, behind a socket that can also be silent or talk nonsense. */
export class MailReceiver {
  readonly mails: ReceivedMail[] = [];
  /** Called before the server says that it has taken a mail. */
  onMail: (mail: ReceivedMail) => Promise<void> = async () => undefined;
  mood: MailMood = 'takes';
  /** What a refusal says. */
  refusal = 'no';
  /** Recipients that the server does not know. */
  readonly unknown = new Set<string>();
  connections = 0;
  readonly #door: Server;
  readonly #smtp: SMTPServer;
  readonly #sockets = new Set<Socket>();

  private constructor({ tls, isImplicit = false, login }: MailReceiverOptions) {
    this.#smtp = new SMTPServer({
      ...tls,
      secure: isImplicit,
      disabledCommands: [...(tls ? [] : ['STARTTLS']), ...(login ? [] : ['AUTH'])],
      authOptional: login === undefined,
      allowInsecureAuth: true,
      logger: false,
      ...this.#handlers(login),
    });
    // What a client leaves in the middle of a sentence is part of these tests.
    this.#smtp.on('error', () => undefined);
    this.#door = createServer((socket) => this.#open(socket));
  }

  static async start(options: MailReceiverOptions = {}): Promise<MailReceiver> {
    const receiver = new MailReceiver(options);
    receiver.#door.listen(0, '127.0.0.1');
    await once(receiver.#door, 'listening');
    return receiver;
  }

  get port(): number {
    // A server that listens on TCP has such an address.
    return (this.#door.address() as AddressInfo).port;
  }

  #open(socket: Socket): void {
    this.connections += 1;
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.connections -= 1;
      this.#sockets.delete(socket);
    });
    if (this.mood === 'hangs') return;
    if (this.mood === 'garbage') {
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
      return;
    }
    this.#smtp.server.emit('connection', socket);
  }

  #handlers(login: MailReceiverOptions['login']): SMTPServerOptions {
    return {
      onAuth: ({ username, password }, _session, done) => {
        const isRight = username === login?.user && password === login?.password;
        if (isRight) done(null, { user: username });
        else done(failure(535, `no login with ${username} and ${password}`));
      },
      onRcptTo: ({ address }, _session, done) =>
        this.unknown.has(address) ? done(failure(550, 'no such mailbox')) : done(),
      onData: (stream, { envelope, secure, user }, done) => {
        const parts: Buffer[] = [];
        stream.on('data', (part: Buffer) => parts.push(part));
        stream.on('end', () => {
          if (this.mood === 'breaks') return done(failure(554, 'transaction failed'));
          if (this.mood === 'refuses') return done(failure(550, this.refusal));
          const mail = {
            from: envelope.mailFrom ? envelope.mailFrom.address : '',
            to: envelope.rcptTo.map(({ address }) => address),
            isEncrypted: secure,
            user,
            raw: Buffer.concat(parts).toString(),
          };
          this.mails.push(mail);
          this.onMail(mail).then(() => done(), done);
        });
      },
    };
  }

  async leave(): Promise<void> {
    if (!this.#door.listening) return;
    for (const socket of this.#sockets) socket.destroy();
    this.#door.close();
    await once(this.#door, 'close');
  }
}

const failure = (responseCode: number, text: string): Error =>
  Object.assign(new Error(text), { responseCode });
