import { answersMigration } from './migration-answers.ts';
import { bootAnchorMigration } from './migration-boot-anchor.ts';
import { bootLatestMigration } from './migration-boot-latest.ts';
import { cardCounterMigration } from './migration-card-counter.ts';
import { cardsMigration } from './migration-cards.ts';
import { contributionsMigration } from './migration-contributions.ts';
import { dailyClearMigration } from './migration-daily-clear.ts';
import { datingAnewMigration } from './migration-dating-anew.ts';
import { enrolmentMigration } from './migration-enrolment.ts';
import { forgottenCardsMigration } from './migration-forgotten-cards.ts';
import { honoursMigration } from './migration-honours.ts';
import { ledgerMigration } from './migration-ledger.ts';
import { leftNeighboursMigration } from './migration-left-neighbours.ts';
import { neighboursMigration } from './migration-neighbours.ts';
import { peopleMigration } from './migration-people.ts';
import { policyMigration } from './migration-policy.ts';
import { privacyMigration } from './migration-privacy.ts';
import { rewardsMigration } from './migration-rewards.ts';
import { secondPathMigration } from './migration-second-path.ts';
import { sessionsMigration } from './migration-sessions.ts';
import { sunMigration } from './migration-sun.ts';
import { supervisionMigration } from './migration-supervision.ts';
import { suspicionsMigration } from './migration-suspicions.ts';
import { testShownMigration } from './migration-test-shown.ts';
import { testTimeoutsMigration } from './migration-test-timeouts.ts';
import { unacknowledgedMigration } from './migration-unacknowledged.ts';
import { unownedMigration } from './migration-unowned.ts';

/**
 * Forward only, in order; the number of those applied stands in `PRAGMA user_version`. One that has
 * run at anybody's place is never edited.
 */
export const migrations: readonly string[] = [
  `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE station (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, mac_key TEXT NOT NULL,
  mqtt_password_hash TEXT NOT NULL, created_at INTEGER NOT NULL, revoked_at INTEGER
) STRICT;

CREATE TABLE volunteer (id TEXT PRIMARY KEY, name TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;

CREATE TABLE card (
  token TEXT PRIMARY KEY, volunteer_id TEXT NOT NULL REFERENCES volunteer(id),
  status TEXT NOT NULL CHECK (status IN ('active', 'lost', 'blocked'))
) STRICT;
CREATE INDEX card_of_volunteer ON card (volunteer_id);

CREATE TABLE journal (
  id INTEGER PRIMARY KEY AUTOINCREMENT, station TEXT NOT NULL REFERENCES station(id),
  epoch TEXT NOT NULL, lane TEXT NOT NULL, seq INTEGER NOT NULL, type TEXT NOT NULL,
  body TEXT NOT NULL, hash TEXT NOT NULL, received_ms INTEGER NOT NULL,
  occurred_ms INTEGER NOT NULL, dated_by TEXT NOT NULL,
  UNIQUE (station, epoch, lane, seq)
) STRICT;

CREATE TABLE station_cursor (
  station TEXT NOT NULL, epoch TEXT NOT NULL, lane TEXT NOT NULL,
  through INTEGER NOT NULL, hash TEXT NOT NULL,
  PRIMARY KEY (station, epoch, lane)
) STRICT, WITHOUT ROWID;

CREATE TABLE check_in (
  journal_id INTEGER PRIMARY KEY REFERENCES journal(id), volunteer_id TEXT REFERENCES volunteer(id),
  station TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL, card TEXT NOT NULL,
  day TEXT NOT NULL, occurred_ms INTEGER NOT NULL, outcome TEXT NOT NULL, points INTEGER NOT NULL
) STRICT;
CREATE INDEX check_in_of_day ON check_in (volunteer_id, day);

CREATE TABLE account (
  id TEXT PRIMARY KEY, volunteer_id TEXT UNIQUE REFERENCES volunteer(id), balance INTEGER NOT NULL
) STRICT;

CREATE TABLE transfer (
  id INTEGER PRIMARY KEY AUTOINCREMENT, reference TEXT NOT NULL UNIQUE,
  debit TEXT NOT NULL REFERENCES account(id), credit TEXT NOT NULL REFERENCES account(id),
  amount INTEGER NOT NULL CHECK (amount > 0), code TEXT NOT NULL, at INTEGER NOT NULL,
  check_in_id INTEGER REFERENCES check_in(journal_id), reason TEXT NOT NULL,
  CHECK (debit <> credit)
) STRICT;
CREATE INDEX transfer_of_check_in ON transfer (check_in_id);
CREATE TRIGGER transfer_is_final BEFORE UPDATE ON transfer
  BEGIN SELECT RAISE(ABORT, 'a transfer is never changed'); END;
CREATE TRIGGER transfer_stays BEFORE DELETE ON transfer
  BEGIN SELECT RAISE(ABORT, 'a transfer is never deleted'); END;

CREATE TABLE alarm (
  id INTEGER PRIMARY KEY AUTOINCREMENT, station TEXT NOT NULL, epoch TEXT NOT NULL,
  seq INTEGER NOT NULL, raised_ms INTEGER NOT NULL, stored_ms INTEGER NOT NULL,
  acknowledged_ms INTEGER, acknowledged_by TEXT, resolved_ms INTEGER, resolved_by TEXT,
  cause TEXT CHECK (cause IN ('real', 'false', 'mistake', 'test')), note TEXT, mistake_ms INTEGER,
  UNIQUE (station, epoch, seq)
) STRICT;
CREATE INDEX alarm_open ON alarm (id) WHERE resolved_ms IS NULL;

CREATE TABLE alarm_event (
  id INTEGER PRIMARY KEY AUTOINCREMENT, alarm_id INTEGER NOT NULL REFERENCES alarm(id),
  at INTEGER NOT NULL, event TEXT NOT NULL, by TEXT, detail TEXT
) STRICT;
CREATE INDEX alarm_event_of_alarm ON alarm_event (alarm_id);
CREATE TRIGGER alarm_event_is_final BEFORE UPDATE ON alarm_event
  BEGIN SELECT RAISE(ABORT, 'an alarm event is never changed'); END;
CREATE TRIGGER alarm_event_stays BEFORE DELETE ON alarm_event
  BEGIN SELECT RAISE(ABORT, 'an alarm event is never deleted'); END;

CREATE TABLE operator_action (
  id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, by TEXT NOT NULL,
  action TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL
) STRICT;
CREATE TRIGGER operator_action_is_final BEFORE UPDATE ON operator_action
  BEGIN SELECT RAISE(ABORT, 'an operator action is never changed'); END;
CREATE TRIGGER operator_action_stays BEFORE DELETE ON operator_action
  BEGIN SELECT RAISE(ABORT, 'an operator action is never deleted'); END;

CREATE TABLE policy (
  version INTEGER PRIMARY KEY, effective_from TEXT NOT NULL, body TEXT NOT NULL
) STRICT;
CREATE INDEX policy_by_day ON policy (effective_from, version);

CREATE TABLE refusal (
  reason TEXT NOT NULL, station TEXT NOT NULL, count INTEGER NOT NULL, last_at INTEGER NOT NULL,
  PRIMARY KEY (reason, station)
) STRICT, WITHOUT ROWID;

CREATE TABLE refusal_sample (
  id INTEGER PRIMARY KEY AUTOINCREMENT, reason TEXT NOT NULL, station TEXT NOT NULL,
  at INTEGER NOT NULL, topic TEXT NOT NULL, detail TEXT NOT NULL, payload BLOB NOT NULL
) STRICT;
CREATE INDEX refusal_sample_of_reason ON refusal_sample (reason, id);

CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, station TEXT, body TEXT NOT NULL
) STRICT;

CREATE TABLE station_state (
  station TEXT PRIMARY KEY REFERENCES station(id), session TEXT NOT NULL, online INTEGER NOT NULL,
  since_ms INTEGER NOT NULL, heard_ms INTEGER NOT NULL, health TEXT
) STRICT;

INSERT INTO account (id, volunteer_id, balance) VALUES ('scheme:issued-for-check-ins', NULL, 0);
INSERT INTO policy (version, effective_from, body) VALUES
  (1, '1970-01-01', '{"pointsPerCheckIn":10,"pausePerStationMin":60,"pointsPerDayMax":50}');
`,
  `
DROP TABLE station_state;

CREATE TABLE station_presence (
  station TEXT PRIMARY KEY REFERENCES station(id),
  state TEXT NOT NULL CHECK (state IN ('online', 'offline', 'silent')),
  session TEXT NOT NULL, since_ms INTEGER NOT NULL, heard_ms INTEGER NOT NULL, health TEXT
) STRICT, WITHOUT ROWID;
`,
  `
CREATE TABLE lane (
  id INTEGER PRIMARY KEY, station TEXT NOT NULL REFERENCES station(id), epoch TEXT NOT NULL,
  name TEXT NOT NULL CHECK (name IN ('alarm', 'routine')), through INTEGER NOT NULL,
  hash TEXT NOT NULL, dated_ms INTEGER NOT NULL, UNIQUE (station, epoch, name)
) STRICT;
INSERT INTO lane (station, epoch, name, through, hash, dated_ms)
  SELECT station, epoch, lane, through, hash, 0 FROM station_cursor;
DROP TABLE station_cursor;

CREATE TABLE new_journal (
  id INTEGER PRIMARY KEY, lane_id INTEGER NOT NULL REFERENCES lane(id), seq INTEGER NOT NULL,
  type TEXT NOT NULL, body TEXT NOT NULL, hash TEXT NOT NULL, received_ms INTEGER NOT NULL,
  occurred_ms INTEGER NOT NULL, earliest_ms INTEGER, dated_by TEXT NOT NULL, UNIQUE (lane_id, seq)
) STRICT;
INSERT INTO new_journal
  SELECT journal.id, lane.id, seq, type, body, journal.hash, received_ms, occurred_ms, NULL, dated_by
  FROM journal JOIN lane ON lane.station = journal.station AND lane.epoch = journal.epoch
    AND lane.name = journal.lane;
DROP TABLE journal;
ALTER TABLE new_journal RENAME TO journal;

ALTER TABLE check_in ADD COLUMN counts INTEGER NOT NULL DEFAULT 1 CHECK (counts IN (0, 1));
ALTER TABLE check_in ADD COLUMN transfers INTEGER NOT NULL DEFAULT 0;
UPDATE check_in SET counts = 0 WHERE outcome IN ('unknown-card', 'blocked-card');
UPDATE check_in SET transfers =
  (SELECT count(*) FROM transfer WHERE check_in_id = check_in.journal_id);

DROP INDEX transfer_of_check_in;

CREATE TABLE new_outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, messages TEXT NOT NULL) STRICT;
INSERT INTO new_outbox (id, messages)
  SELECT id, json_array(json_object('topic', topic, 'station', station, 'body', json(body)))
  FROM outbox ORDER BY id;
DROP TABLE outbox;
ALTER TABLE new_outbox RENAME TO outbox;
`,
  `
UPDATE journal SET dated_by = 'bounds', earliest_ms = 0 WHERE dated_by = 'received';

ALTER TABLE check_in ADD COLUMN review TEXT
  CHECK (review IN ('future', 'too-old', 'day-unknown', 'accepted', 'refused'));
DROP INDEX check_in_of_day;
CREATE INDEX check_in_of_day ON check_in (day, volunteer_id);
CREATE INDEX check_in_to_review ON check_in (journal_id)
  WHERE review IN ('future', 'too-old', 'day-unknown');

CREATE TABLE set_aside (
  id INTEGER PRIMARY KEY, station TEXT NOT NULL REFERENCES station(id), epoch TEXT NOT NULL,
  lane TEXT NOT NULL CHECK (lane IN ('alarm', 'routine')), seq INTEGER NOT NULL,
  body TEXT NOT NULL, hash TEXT NOT NULL, sent TEXT NOT NULL, received_ms INTEGER NOT NULL,
  decision TEXT CHECK (decision IN ('accepted', 'discarded')),
  UNIQUE (station, epoch, lane, seq, hash)
) STRICT;
CREATE INDEX set_aside_undecided ON set_aside (station, epoch) WHERE decision IS NULL;
`,
  unownedMigration,
  supervisionMigration,
  neighboursMigration,
  dailyClearMigration,
  sessionsMigration,
  bootAnchorMigration,
  ledgerMigration,
  honoursMigration,
  rewardsMigration,
  peopleMigration,
  datingAnewMigration,
  policyMigration,
  suspicionsMigration,
  contributionsMigration,
  answersMigration,
  unacknowledgedMigration,
  leftNeighboursMigration,
  testTimeoutsMigration,
  secondPathMigration,
  cardsMigration,
  enrolmentMigration,
  sunMigration,
  privacyMigration,
  bootLatestMigration,
  forgottenCardsMigration,
  cardCounterMigration,
  testShownMigration,
];
