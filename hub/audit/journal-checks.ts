import { chainHash, genesisHash, laneSchema } from '../../shared/wire/entry.ts';
import type { AuditCheck } from './check.ts';
import { pages, rowsPerPage } from './pages.ts';

export const journalChecks: readonly AuditCheck[] = [
  {
    claim: 'each entry of the journal follows the one before it, as its station hashed it',
    run: brokenChains,
  },
];

async function* brokenChains({ db, say, passOver }: Parameters<AuditCheck['run']>[0]) {
  const lanes = await db.selectFrom('lane').selectAll().orderBy('id').execute();
  for (const [index, lane] of lanes.entries()) {
    say(`journal, lane ${index + 1} of ${lanes.length}`);
    const subject = `${lane.station}/${lane.epoch}/${lane.name}`;
    let last = { seq: 0, hash: genesisHash(lane.epoch, laneSchema.parse(lane.name)) };
    const read = (after = 0) =>
      db
        .selectFrom('journal')
        .select(['seq', 'body', 'hash', 'emptied_by'])
        .where('lane_id', '=', lane.id)
        .where('seq', '>', after)
        .orderBy('seq')
        .limit(rowsPerPage)
        .execute();
    for await (const page of pages(read, ({ seq }) => seq)) {
      for (const { seq, body, hash, emptied_by } of page) {
        const isEmptied = emptied_by !== null;
        if (isEmptied) passOver(1);
        // Behind a gap there is nothing to hold the first against: the station had it no more.
        const isNext = seq === last.seq + 1;
        if (isNext && !isEmptied && chainHash(last.hash, body) !== hash) {
          yield { subject: `${subject}/${seq}`, detail: 'its text is not the one that was hashed' };
        }
        last = { seq, hash };
      }
    }
    if (last.seq !== lane.through || (last.seq > 0 && last.hash !== lane.hash)) {
      yield {
        subject,
        detail: `receipts speak of ${lane.through}, the journal ends at ${last.seq}`,
      };
    }
  }
}
