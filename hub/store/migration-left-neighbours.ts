/**
 * Who is no neighbour of a station any more, and the latest alarm of that station by then: one that was
 * not connected when it was taken off the list still shows the calls up to there, and is told when it
 * comes back that they are over for it.
 */
export const leftNeighboursMigration = `
CREATE TABLE left_neighbour (
  station TEXT NOT NULL REFERENCES station(id), neighbour TEXT NOT NULL REFERENCES station(id),
  through_alarm INTEGER NOT NULL REFERENCES alarm(id), PRIMARY KEY (station, neighbour)
) STRICT, WITHOUT ROWID;
CREATE INDEX left_neighbour_told ON left_neighbour (neighbour);
`;
