import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { stationSettingsSchema } from '../../device/settings/station-settings.ts';
import { falseAlarmRuleSchema } from '../../hub/domain/false-alarms.ts';
import { hubSettingsSchema } from '../../hub/settings.ts';
import { alarmStateSchema, commandMessageSchema } from '../../shared/wire/messages.ts';
import { epoch, Scene } from '../support/station-scene.ts';

/** Words of what must not be. A bank counter may be `silent`: its alarm goes out all the same. */
const silencing = /silenc|mute|snooze|suppress|disarm|disable|ignore|cool.?down|block.?alarm/i;

const namesIn = (schema: z.ZodType): string[] => {
  const names: string[] = [];
  JSON.stringify(z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' }), (key, value) => {
    names.push(key, ...(typeof value === 'string' ? [value] : []));
    return value as unknown;
  });
  return names;
};

describe('no button can be silenced', () => {
  it.each([
    ['hub.json', hubSettingsSchema],
    ['station.json', stationSettingsSchema],
    ['what the hub can tell a station', commandMessageSchema],
  ])('by %s', (_, schema) => {
    const names = namesIn(schema);
    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((name) => silencing.test(name))).toEqual([]);
  });

  it('by the rule of false alarms: it has a limit, days, and nothing else', () => {
    expect(falseAlarmRuleSchema.parse({})).toEqual({ perDays: 90, limit: 3 });
    for (const more of [{ silence: true }, { limit: 0 }, { perDays: 0 }, { limit: 1.5 }]) {
      expect(falseAlarmRuleSchema.safeParse(more).success).toBe(false);
    }
  });

  it('by a command of the hub, whatever file of hub/cli adds it', async () => {
    const program = new Command('hub');
    for (const file of readdirSync('hub/cli')) {
      const exports: object = await import(join(process.cwd(), 'hub/cli', file));
      for (const [name, add] of Object.entries(exports)) {
        if (!/^add[A-Z]/.test(name) || typeof add !== 'function') continue;
        add(program.command(name), program.command(`${name}-group`));
      }
    }
    const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];
    const commands = all(program);
    expect(commands.map((command) => command.name())).toEqual(
      expect.arrayContaining(['resolve', 'figures', 'daily-clear', 'revoke']),
    );
    for (const command of commands) expect(command.helpInformation()).not.toMatch(silencing);
  });

  it.each(alarmStateSchema.options)('by telling the station that an alarm is %s', (state) => {
    const scene = new Scene().ready().online().hold().receipt('alarm', 1);
    scene.give({ type: 'alarm-state', alarm: { epoch, seq: 1 }, state }).pass(60_000);
    scene.take('append');
    scene.hold();
    expect(scene.take('append')).toMatchObject([{ lane: 'alarm', draft: { type: 'alarm' } }]);
  });
});
