import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { placeStation } from '../../hub/app/neighbours.ts';
import { addVolunteer } from '../../hub/app/registry.ts';
import { describeStation, showStation } from '../../hub/app/station-details.ts';
import {
  addMember,
  addTeam,
  findTeams,
  listTeams,
  removeMember,
  renameTeam,
  showTeam,
} from '../../hub/app/teams.ts';
import { changeVolunteer, listVolunteers, showVolunteer } from '../../hub/app/volunteers.ts';
import { cardReference } from '../../hub/domain/card.ts';
import { IngestHub } from '../support/ingest-hub.ts';

const by = 'Operator 1';
const patrol = { zh: '"阿妈妮"巡逻队', en: "Amani (Grandmothers') Patrol", ko: '어머니 순찰대' };

let hub: IngestHub;
beforeEach(async () => {
  hub = await IngestHub.start();
});
afterEach(() => hub.stop());

const lastAction = () =>
  hub.store.db
    .selectFrom('operator_action')
    .select(['action', 'subject', 'by', 'detail'])
    .orderBy('id', 'desc')
    .executeTakeFirstOrThrow();

describe('a volunteer', () => {
  it('is added with what is known, and is by the id alone where nothing is said', async () => {
    expect((await listVolunteers(hub.store))[0]).toMatchObject({
      ...{ language: 'zh', displayName: null, externalId: null, roles: [], teams: [] },
      ...{ state: 'active', cards: 1, balance: 0 },
    });
    const id = await addVolunteer(hub.store, ' 김\u1100\u1161 ', by, {
      ...{ displayName: '하나', language: 'ko', roles: ['other', 'grid-leader'] },
    });
    // Letters of a syllable are composed, so that one name is one text.
    expect(await showVolunteer(hub.store, id)).toMatchObject({
      ...{ name: '김가', displayName: '하나', roles: ['grid-leader', 'other'] },
    });
    expect(await listVolunteers(hub.store, { role: 'other' })).toHaveLength(1);
  });

  it('is refused with all faults at once, and leaves nothing behind', async () => {
    const faults = 'a name must not be blank; the display name is longer than 40 characters';
    const more = { displayName: '好'.repeat(41) };
    await expect(addVolunteer(hub.store, ' \n', by, more)).rejects.toThrow(faults);
    await expect(addVolunteer(hub.store, 'One', ' ')).rejects.toThrow('must not be blank');
    await expect(addVolunteer(hub.store, 'O\ufffdne', by)).rejects.toThrow('wrong encoding');
    const stray = { teams: ['tm-00000000'] };
    await expect(addVolunteer(hub.store, 'One', by, stray)).rejects.toThrow('there is no team');
    expect(await listVolunteers(hub.store)).toHaveLength(1);
  });

  it('has what is changed changed, and what is noted for good names nobody', async () => {
    const change = { name: '秘密的名字', displayName: '别名', language: 'ko' } as const;
    expect(await changeVolunteer(hub.store, hub.volunteer, change, by)).toEqual([
      ...['name', 'displayName', 'language'],
    ]);
    const { detail, ...action } = await lastAction();
    expect(action).toEqual({ action: 'volunteer change', subject: hub.volunteer, by });
    expect(JSON.parse(detail)).toEqual({
      ...{ changed: ['name', 'displayName', 'language'], language: 'ko' },
    });
    expect(await changeVolunteer(hub.store, hub.volunteer, change, by)).toEqual([]);
    expect(await changeVolunteer(hub.store, hub.volunteer, { displayName: ' ' }, by)).toEqual([
      ...['displayName'],
    ]);
    expect((await showVolunteer(hub.store, hub.volunteer)).displayName).toBeNull();
  });

  it('has an external id alone', async () => {
    const id = await addVolunteer(hub.store, 'Two', by, { externalId: 'A1' });
    const change = { externalId: ' A1 ' };
    await expect(changeVolunteer(hub.store, hub.volunteer, change, by)).rejects.toThrow(
      `the external id is ${id}'s already`,
    );
    await expect(changeVolunteer(hub.store, 'vo-00000000', change, by)).rejects.toThrow(
      'there is no volunteer vo-00000000',
    );
  });

  it('is shown with cards, and without their UIDs', async () => {
    const { cards } = await showVolunteer(hub.store, hub.volunteer);
    expect(cards).toEqual([{ card: cardReference(hub.card), status: 'active' }]);
  });
});

describe('a team', () => {
  it('is found by its name in any language, and by its id', async () => {
    const id = await addTeam(hub.store, patrol, by);
    for (const word of [
      id,
      ...Object.values(patrol),
      '阿妈妮巡逻队',
      'AMANI GRANDMOTHERS PATROL',
    ]) {
      expect(await findTeams(hub.store, [word])).toEqual([id]);
    }
    await expect(findTeams(hub.store, ['nobody'])).rejects.toThrow('there is no team nobody');
  });

  it('has members, and who has left was one until then', async () => {
    const id = await addTeam(hub.store, patrol, by);
    const pair = { team: patrol.ko, volunteer: hub.volunteer };
    await addMember(hub.store, pair, by);
    await expect(addMember(hub.store, pair, by)).rejects.toThrow('already');
    expect(await showTeam(hub.store, id)).toMatchObject({ members: [{ id: hub.volunteer }] });
    expect(await listVolunteers(hub.store, { team: id })).toHaveLength(1);
    await removeMember(hub.store, pair, by);
    await expect(removeMember(hub.store, pair, by)).rejects.toThrow('is not in');
    await addMember(hub.store, pair, by);
    expect(await listTeams(hub.store)).toEqual([{ id, name: patrol, members: 1 }]);
    const stays = await hub.store.db.selectFrom('team_member').select('until_ms').execute();
    expect(stays).toEqual([{ until_ms: expect.any(Number) }, { until_ms: null }]);
    expect(await lastAction()).toMatchObject({ action: 'team add-member', subject: id, by });
  });

  it('has names of its own, that a list can hold', async () => {
    const id = await addTeam(hub.store, patrol, by);
    const other = { zh: '二队', en: 'Team 2', ko: "Amani Grandmothers' Patrol" };
    await expect(addTeam(hub.store, other, by)).rejects.toThrow(`${id} has the name`);
    await expect(addTeam(hub.store, { zh: '甲、乙', en: ' ', ko: '…' }, by)).rejects.toThrow(
      'the name in zh must not hold ; 、 | or a new line; the name in en must not be blank; the name in ko has no letter',
    );
    expect(await renameTeam(hub.store, id, { en: 'Amani' }, by)).toEqual({
      ...patrol,
      en: 'Amani',
    });
    await addTeam(hub.store, { ...other, ko: '2팀' }, by);
    await expect(renameTeam(hub.store, 'Team 2', { en: 'amani' }, by)).rejects.toThrow(`${id} has`);
  });
});

describe('a station', () => {
  const details = {
    ...{ nameZh: '驿站一', nameEn: 'Station One', nameKo: '쉼터 1' },
    kind: 'pharmacy',
    ...{ address: '一号街 1', help: ['water', 'aed'], languages: ['zh', 'ko', 'ru'] },
  } as const;

  it('is described, and keeps what is not said anew', async () => {
    const given = { ...details, help: ['aed', 'water'], languages: ['ru', 'ko', 'zh'] } as const;
    await describeStation(hub.store, hub.station, given, by);
    const position = { latitude: 41.8, longitude: 123.4 };
    await placeStation(hub.store, hub.station, position, by);
    await describeStation(hub.store, hub.station, { kind: 'hotel', address: ' ' }, by);
    expect(await lastAction()).toMatchObject({ action: 'station describe', subject: hub.station });
    expect(await showStation(hub.store, hub.station)).toEqual({
      ...{ id: hub.station, name: 'Station 1', revoked: false, ...details, position },
      ...{ kind: 'hotel', address: null },
    });
    const none = await describeStation(hub.store, hub.station, { help: [], languages: [] }, by);
    expect(none).toMatchObject({ help: [], languages: [], nameZh: '驿站一' });
  });

  it('of which nobody has said anything is shown as such', async () => {
    expect(await showStation(hub.store, hub.station)).toMatchObject({
      ...{ nameZh: null, kind: null, address: null, help: [], languages: [], position: null },
    });
    await expect(showStation(hub.store, 'st-00000000')).rejects.toThrow('there is no station');
  });

  it('is refused with all faults at once', async () => {
    const change = { nameZh: '站'.repeat(101), languages: ['中文'] };
    await expect(describeStation(hub.store, hub.station, change, by)).rejects.toThrow(
      'the name in zh is longer than 100 characters; 中文 is no code of a language',
    );
  });
});
