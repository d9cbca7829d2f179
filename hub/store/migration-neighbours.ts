/**
 * Who is told at once when a station calls for help. `station_neighbour` is what is looked up;
 * `neighbour_rule` keeps that it is made of distances, so that it follows stations that are placed later.
 */
export const neighboursMigration = `
CREATE TABLE station_position (
  station TEXT PRIMARY KEY REFERENCES station(id),
  latitude REAL NOT NULL CHECK (latitude BETWEEN -90 AND 90),
  longitude REAL NOT NULL CHECK (longitude BETWEEN -180 AND 180)
) STRICT, WITHOUT ROWID;

CREATE TABLE neighbour_rule (
  station TEXT PRIMARY KEY REFERENCES station(id), within_m INTEGER NOT NULL CHECK (within_m > 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE station_neighbour (
  station TEXT NOT NULL REFERENCES station(id), neighbour TEXT NOT NULL REFERENCES station(id),
  PRIMARY KEY (station, neighbour), CHECK (station <> neighbour)
) STRICT, WITHOUT ROWID;
CREATE INDEX station_neighbour_told ON station_neighbour (neighbour);

CREATE INDEX alarm_stored ON alarm (stored_ms);
`;
