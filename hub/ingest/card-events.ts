import type { CardEvent } from '../domain/card.ts';
import { groupBy } from '../domain/group-by.ts';
import type { Db } from '../store/schema.ts';

/** @returns what became of each card, by its token, in the order in which it was recorded. */
export async function cardEvents(db: Db): Promise<Map<string, CardEvent[]>> {
  const rows = await db
    .selectFrom('card_event')
    .select(['card', 'id', 'volunteer_id as volunteer', 'status', 'from_ms as fromMs'])
    .orderBy('id')
    .execute();
  return groupBy(rows, ({ card }) => card);
}
