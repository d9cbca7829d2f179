import { z } from 'zod';
import { cardTokenSchema } from '../../shared/wire/entry.ts';
import type { Db } from '../store/schema.ts';
import type { AuditCheck } from './check.ts';
import { pages, rowsPerPage } from './pages.ts';

export const checkInChecks: readonly AuditCheck[] = [
  { claim: 'each check-in of the journal stands once in the book of check-ins', run: unlikeRows },
  { claim: 'each check-in in the book stands in the journal', run: rowsOfNothing },
];

const bodySchema = z.looseObject({ card: cardTokenSchema });

async function* unlikeRows({ db, say, passOver }: Parameters<AuditCheck['run']>[0]) {
  passOver(await countEmptied(db));
  let seen = 0;
  const read = (after = 0) =>
    db
      .selectFrom('journal')
      .innerJoin('lane', 'lane.id', 'journal.lane_id')
      .leftJoin('check_in', 'check_in.journal_id', 'journal.id')
      .select(['journal.id', 'journal.seq', 'journal.body', 'journal.occurred_ms as dated'])
      .select(['lane.station', 'lane.epoch'])
      .select([
        'check_in.journal_id',
        'check_in.station as ownStation',
        'check_in.epoch as ownEpoch',
      ])
      .select(['check_in.seq as ownSeq', 'check_in.card', 'check_in.occurred_ms as ownDated'])
      .select('check_in.review')
      .where('journal.type', '=', 'check-in')
      .where('emptied_by', 'is', null)
      .where('journal.id', '>', after)
      .orderBy('journal.id')
      .limit(rowsPerPage)
      .execute();
  for await (const page of pages(read, ({ id }) => id)) {
    seen += page.length;
    say(`check-ins, ${seen}`);
    for (const row of page) {
      const subject = `${row.station}/${row.epoch}/${row.seq}`;
      if (row.journal_id === null) yield { subject, detail: 'is not in the book of check-ins' };
      else {
        const { card } = bodySchema.parse(JSON.parse(row.body));
        // One on which a person has decided keeps the date that they decided on.
        const isDecided = row.review === 'accepted' || row.review === 'refused';
        const isAlike =
          row.ownStation === row.station &&
          row.ownEpoch === row.epoch &&
          row.ownSeq === row.seq &&
          row.card === card &&
          (isDecided || row.ownDated === row.dated);
        if (!isAlike) yield { subject, detail: 'is written otherwise than the journal has it' };
      }
    }
  }
}

async function countEmptied(db: Db): Promise<number> {
  const { n } = await db
    .selectFrom('journal')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .where('emptied_by', 'is not', null)
    .executeTakeFirstOrThrow();
  return Number(n);
}

async function* rowsOfNothing({ db }: Parameters<AuditCheck['run']>[0]) {
  const rows = await db
    .selectFrom('check_in')
    .leftJoin('journal', 'journal.id', 'check_in.journal_id')
    .select(['check_in.station', 'check_in.epoch', 'check_in.seq'])
    .where((eb) =>
      eb.or([
        eb('journal.id', 'is', null),
        eb('journal.type', '<>', 'check-in'),
        eb('emptied_by', 'is not', null),
      ]),
    )
    .limit(rowsPerPage)
    .execute();
  for (const { station, epoch, seq } of rows) {
    yield { subject: `${station}/${epoch}/${seq}`, detail: 'the journal has no such check-in' };
  }
}
