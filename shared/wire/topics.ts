/** Every MQTT topic of the system, and the only place where one is spelt out. */
const root = 'yizhan/v1';

/** What a station publishes. `alarm`, `journal` and `relay` are for the hub alone. */
export type StationTopicKind = 'alarm' | 'journal' | 'presence' | 'health' | 'relay';
/** What the hub publishes for one station. */
export type HubTopicKind = 'receipt' | 'command' | 'relayed';
export type FeedKind = 'check-in' | 'alarm' | 'station' | 'trouble' | 'points' | 'day' | 'card';

export const stationTopic = (station: string, kind: StationTopicKind | HubTopicKind): string =>
  `${root}/station/${station}/${kind}`;

export const hubPresenceTopic = `${root}/hub/presence`;
export const feedTopic = (kind: FeedKind): string => `${root}/feed/${kind}`;
export const feedFilter = `${root}/feed/#`;

const stationKinds: readonly StationTopicKind[] = [
  'alarm',
  'journal',
  'presence',
  'health',
  'relay',
];
/** What the hub subscribes to. */
export const stationFilters = stationKinds.map((kind) => stationTopic('+', kind));

const stationPattern = new RegExp(`^${root}/station/([^/]+)/([^/]+)$`);

/** @returns station and kind of a topic that a station publishes on, or undefined for any other. */
export function parseStationTopic(
  topic: string,
): { station: string; kind: StationTopicKind } | undefined {
  const match = stationPattern.exec(topic);
  const kind = stationKinds.find((known) => known === match?.[2]);
  return match?.[1] !== undefined && kind !== undefined ? { station: match[1], kind } : undefined;
}

/** @returns whether the station may publish there: only below its own id (DESIGN, Trust). */
export function stationMayPublish(station: string, topic: string): boolean {
  return parseStationTopic(topic)?.station === station;
}

/** @returns whether the station may subscribe to this filter: what the hub tells it, and the hub's presence. */
export function stationMaySubscribe(station: string, filter: string): boolean {
  return [
    stationTopic(station, 'receipt'),
    stationTopic(station, 'command'),
    stationTopic(station, 'relayed'),
    hubPresenceTopic,
  ].includes(filter);
}
