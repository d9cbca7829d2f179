import { describe, expect, it } from 'vitest';
import { answerWithinMs, Carrier } from '../../device/relay/carrier.ts';
import type { BusHandler } from '../../shared/bus/bus.ts';
import { createLog } from '../../shared/log.ts';
import { decodeStationMessage } from '../../shared/wire/codec.ts';
import { carriedMac, seal } from '../../shared/wire/mac.ts';
import { stationTopic } from '../../shared/wire/topics.ts';
import { VirtualTime } from '../simulation/virtual-time.ts';

const station = 'st-00000001';
const macKey = Buffer.alloc(32, 7).toString('base64url');
const log = createLog('test', 'silent');
const alarm = seal(macKey, { v: 1, station: 'st-00000002', kind: 'alarm' });
const altered = Buffer.from(alarm.toString().replace('alarm', 'alert'));
const of = carriedMac(alarm) ?? '';

describe('a relay', () => {
  const time = new VirtualTime();
  const carried: string[] = [];
  let hear: BusHandler = async () => {};
  const bus = {
    subscribe: (_: readonly string[], handler: BusHandler) => {
      hear = handler;
    },
    publish: async (_: string, payload: Uint8Array) => {
      const decoded = decodeStationMessage(payload);
      if (decoded.ok && decoded.value.kind === 'relay') carried.push(decoded.value.message);
    },
  };
  const parts = { station, macKey, bus, reachable: () => true, timers: time, log };
  const carrier = new Carrier(parts);
  const hubSays = (receipt: string | null) =>
    hear({
      topic: stationTopic(station, 'relayed'),
      payload: seal(macKey, { v: 1, station, kind: 'relayed', of, receipt }),
      retained: false,
    });

  it('hands on the receipt of an alarm that somebody has brought altered as well', async () => {
    const both = [carrier.carry(altered), carrier.carry(alarm)];
    expect(carried).toEqual([altered.toString(), alarm.toString()]);
    await hubSays(null);
    await hubSays('the receipt');
    expect((await Promise.all(both)).map(({ kind }) => kind)).toEqual(['receipt', 'receipt']);
  });

  it('says that all is refused when all was, and that nobody answered when nobody did', async () => {
    const both = [carrier.carry(altered), carrier.carry(altered)];
    await hubSays(null);
    await hubSays(null);
    expect((await Promise.all(both)).map(({ kind }) => kind)).toEqual(['refused', 'refused']);
    const alone = carrier.carry(alarm);
    await time.runUntil(time.now() + answerWithinMs);
    expect((await alone).kind).toBe('unreachable');
  });
});
