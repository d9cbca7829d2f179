/** Hosts that are this machine, as a URL writes them. */
const loopbackHost = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/;

export const isLoopback = (host: string): boolean =>
  loopbackHost.test(host.includes(':') && !host.startsWith('[') ? `[${host}]` : host);

/** Whether what is sent there is encrypted on the way, or never leaves this machine. */
export function isEncryptedOrLocal(url: string): boolean {
  if (!URL.canParse(url)) return true; // another rule says so already
  const { protocol, hostname } = new URL(url);
  return protocol !== 'http:' || isLoopback(hostname);
}

export const notEncrypted = 'use https:// for any host but this machine';

/** @returns what is wrong with an address to post to, or undefined. The address itself is not in it. */
export function webUrlFault(url: string): string | undefined {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) return 'expected https://host/path';
  const { username, password } = new URL(url);
  return username === '' && password === ''
    ? undefined
    : 'no user and password in the address: nothing there asks for them';
}

interface RobotRule {
  readonly path: string;
  /** The query parameter that is the robot's key. */
  readonly key: string;
}

/** A robot's key is in its address, and schemes with a platform of their own have another host. */
const robotUrlFault =
  ({ path, key }: RobotRule) =>
  (url: string): string | undefined => {
    const fault = webUrlFault(url);
    if (fault !== undefined) return fault;
    if (!isEncryptedOrLocal(url)) return notEncrypted;
    const { pathname, searchParams } = new URL(url);
    if (pathname !== path) return `expected the robot's address: https://…${path}?${key}=…`;
    return searchParams.get(key) ? undefined : `lacks ${key}=…: copy the robot's whole address`;
  };

/** https://developer.work.weixin.qq.com/document/path/91770 */
export const wecomRule: RobotRule = { path: '/cgi-bin/webhook/send', key: 'key' };
/** https://open.dingtalk.com/document/orgapp/custom-robot-access */
export const dingtalkRule: RobotRule = { path: '/robot/send', key: 'access_token' };

export const wecomUrlFault = robotUrlFault(wecomRule);
export const dingtalkUrlFault = robotUrlFault(dingtalkRule);
