import type { NotifierSettings } from '../notifier-settings.ts';

/** A line names no more: the operator looks into hub.json anyway. */
const namedMax = 5;

/** @returns what an operator should know of zones and stations that do not fit, a line each */
export function zoneWarnings(
  notifiers: readonly NotifierSettings[],
  inService: readonly string[],
): string[] {
  return notifiers.flatMap((notifier) => {
    if (notifier.kind !== 'dc09') return [];
    const { name, zones, zoneDefault } = notifier;
    const strangers = Object.keys(zones).filter((station) => !inService.includes(station));
    const without = inService.filter((station) => !(station in zones));
    return [
      ...(strangers.length === 0
        ? []
        : [`zones of ${name} name stations that are not in service: ${listOf(strangers)}`]),
      ...(without.length === 0
        ? []
        : [
            `zones of ${name} lack ${listOf(without)}: told as zone ${zoneDefault}, and not restored there`,
          ]),
    ];
  });
}

function listOf(stations: readonly string[]): string {
  const rest = stations.length - namedMax;
  const named = stations.slice(0, namedMax).join(', ');
  return rest > 0 ? `${named} and ${rest} more` : named;
}
