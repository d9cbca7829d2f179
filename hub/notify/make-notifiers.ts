import { Dc09Notifier } from './dc09/dc09-notifier.ts';
import { DingtalkRobot } from './dingtalk.ts';
import type { Notifier } from './notifier.ts';
import type { NotifierSettings } from './notifier-settings.ts';
import { MailSender } from './smtp.ts';
import type { Surroundings } from './surroundings.ts';
import { Webhook } from './webhook.ts';
import { WecomRobot } from './wecom.ts';

/** @returns the notifiers that the settings list, in their order. None of them is started. */
export const makeNotifiers = (
  settings: readonly NotifierSettings[],
  surroundings: Surroundings,
): Notifier[] => settings.map((one) => make(one, surroundings));

function make(settings: NotifierSettings, surroundings: Surroundings): Notifier {
  switch (settings.kind) {
    case 'webhook':
      return new Webhook(settings, surroundings);
    case 'wecom':
      return new WecomRobot(settings, surroundings);
    case 'dingtalk':
      return new DingtalkRobot(settings, surroundings);
    case 'smtp':
      return new MailSender(settings, surroundings);
    case 'dc09':
      return new Dc09Notifier(settings);
  }
}
