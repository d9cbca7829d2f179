import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cardToken } from '../../shared/card-token.ts';
import { decodeHubMessage, decodeStationMessage, encodeMessage } from '../../shared/wire/codec.ts';
import { chainHash, genesisHash } from '../../shared/wire/entry.ts';
import { messageBytesMax } from '../../shared/wire/limits.ts';
import { isAuthentic } from '../../shared/wire/mac.ts';
import {
  feedTopic,
  parseStationTopic,
  stationFilters,
  stationMayPublish,
  stationMaySubscribe,
  stationTopic,
} from '../../shared/wire/topics.ts';

/** The key under which the golden files were sealed. */
const key = Buffer.alloc(32, 7).toString('base64url');
const folder = new URL('../fixtures/wire-v1/', import.meta.url);
const golden = (name: string): Buffer => readFileSync(new URL(name, folder));
const names = readdirSync(folder).sort();

describe('golden messages of wire version 1', () => {
  it('are all here', () => {
    expect(names).toEqual(
      [
        ...['alarm', 'alarm-test', 'alarm-test-paths', 'command', 'command-announce-every'],
        ...['command-neighbour-alarm', 'command-test', 'health', 'health-all-parts'],
        ...['journal', 'journal-boots', 'journal-second-path', 'journal-test-shown'],
        ...['presence', 'receipt', 'receipt-boots', 'relay', 'relayed'],
        ...[
          'command-enrol',
          'command-enrol-over',
          'health-enrolment',
          'journal-enrol',
          'journal-sun',
        ],
      ]
        .map((name) => `${name}.json`)
        .sort(),
    );
  });

  it.each(names)('%s is read, and written again byte for byte', (name) => {
    const bytes = golden(name);
    const fromHub = /^(receipt|command|relayed)/.test(name);
    const decoded = fromHub ? decodeHubMessage(key, bytes) : decodeStationMessage(bytes);
    if (!decoded.ok) throw new Error(decoded.detail);
    expect(isAuthentic(key, bytes)).toBe(true);
    expect(encodeMessage(key, decoded.value).toString()).toBe(bytes.toString());
  });

  it('chain as they did', () => {
    const { texts } = decodeStationMessage(golden('journal.json'));
    const last = texts.reduce(chainHash, genesisHash('ep-0123456789abcdef', 'routine'));
    expect(last).toBe('7cd74ef008732bbb63c0d26fdba6ff44c7c3cbbb34f4137ffde51491ef9e546c');
  });
});

describe('the MAC', () => {
  it('covers every byte before it: any one changed is noticed', () => {
    const bytes = golden('journal.json');
    for (let index = 0; index < bytes.length; index += 1) {
      const forged = Buffer.from(bytes);
      forged[index] = (forged[index] ?? 0) ^ 1;
      expect(isAuthentic(key, forged), `byte ${index}`).toBe(false);
    }
  });

  it('is another under another key, and is missed when it is not there', () => {
    expect(isAuthentic(Buffer.alloc(32, 8).toString('base64url'), golden('alarm.json'))).toBe(
      false,
    );
    expect(isAuthentic(key, Buffer.from('{}'))).toBe(false);
    expect(isAuthentic(key, Buffer.alloc(0))).toBe(false);
  });

  it('makes a hub message that lacks it worth nothing', () => {
    const forged = golden('receipt.json').toString().replace('"through":2', '"through":9');
    expect(decodeHubMessage(key, Buffer.from(forged))).toMatchObject({
      ok: false,
      detail: 'wrong MAC',
    });
  });
});

describe('decode', () => {
  const text = golden('journal.json').toString();
  it.each([
    ['nothing', Buffer.alloc(0), 'malformed'],
    ['no JSON', Buffer.from('hello'), 'malformed'],
    ['bad UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'malformed'],
    ['another shape', Buffer.from('{"v":1,"kind":"journal"}'), 'malformed'],
    ['a newer version', Buffer.from(text.replace('"v":1', '"v":2')), 'unsupported-version'],
    ['a negative sequence', Buffer.from(text.replace('"seq":1', '"seq":-1')), 'malformed'],
    ['too many bytes', Buffer.alloc(messageBytesMax + 1, 0x20), 'oversized'],
  ])('gives a reason for %s', (_name, payload, reason) => {
    expect(decodeStationMessage(payload)).toMatchObject({ ok: false, reason });
  });

  it('hashes members that it does not know yet, as they came', () => {
    const newer = text.replace('"type":"started"', '"zone":"x","type":"started"');
    expect(decodeStationMessage(Buffer.from(newer)).texts[0]).toContain(
      '"zone":"x","type":"started"',
    );
  });
});

describe('topics', () => {
  it('let a station publish and read below its own id only', () => {
    expect(stationMayPublish('st-00000001', stationTopic('st-00000001', 'alarm'))).toBe(true);
    expect(stationMayPublish('st-00000001', stationTopic('st-00000002', 'alarm'))).toBe(false);
    expect(stationMayPublish('st-00000001', stationTopic('st-00000001', 'receipt'))).toBe(false);
    expect(stationMayPublish('st-00000001', feedTopic('alarm'))).toBe(false);
    expect(stationMaySubscribe('st-00000001', stationTopic('st-00000001', 'receipt'))).toBe(true);
    expect(stationMaySubscribe('st-00000001', '#')).toBe(false);
    expect(stationMayPublish('st-00000001', stationTopic('st-00000001', 'relay'))).toBe(true);
    expect(stationMayPublish('st-00000001', stationTopic('st-00000002', 'relay'))).toBe(false);
    expect(stationMayPublish('st-00000001', stationTopic('st-00000001', 'relayed'))).toBe(false);
    expect(stationMaySubscribe('st-00000001', stationTopic('st-00000001', 'relayed'))).toBe(true);
    expect(stationMaySubscribe('st-00000001', stationTopic('st-00000002', 'relayed'))).toBe(false);
    expect(stationFilters).toContain(stationTopic('+', 'relay'));
    expect(parseStationTopic('yizhan/v1/station/a/b/c')).toBeUndefined();
  });
});

it('a card token depends on the card and on the scheme key, not on how the UID is written', () => {
  const one = cardToken(key, '04A1B2C3');
  expect(one).toMatch(/^[0-9a-f]{32}$/);
  expect(cardToken(key, '04a1b2c3')).toBe(one);
  expect(cardToken(Buffer.alloc(32, 8).toString('base64url'), '04A1B2C3')).not.toBe(one);
});
