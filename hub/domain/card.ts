/** What becomes of a points card. `active` is the only one whose taps count. */
export const cardStatuses = ['active', 'lost', 'blocked', 'replaced', 'returned'] as const;
export type CardStatus = (typeof cardStatuses)[number];

/** What an operator said of a card: from then on it is this, and whose. Kept for good. */
export interface CardEvent {
  /** Counts up in the order in which they were said. */
  readonly id: number;
  readonly volunteer: string;
  readonly status: CardStatus;
  /** May lie before the moment at which it was said: "lost since yesterday evening". */
  readonly fromMs: number;
}

/** Whose a card was at some moment, and what it was then. */
export type Standing = Pick<CardEvent, 'volunteer' | 'status'>;

/** The first issue of a card holds from the beginning of time: its earlier taps count (`issuedFrom`). */
export const fromTheBeginning = 0;

/**
 * What a card was when it was tapped. The latest word on that moment holds: what was said last, of
 * what is said to hold from then or earlier. So it depends on when the tap happened and on what
 * operators have said, and not on when the tap arrived (DESIGN, promise 3). Nothing that is said of a
 * card while somebody has it changes whose it was, or what, before they were given it.
 * @param events in the order in which they were said
 * @returns undefined for a card that is nobody's
 */
export function standingAt<T extends CardEvent>(events: readonly T[], ms: number): T | undefined {
  let latest: T | undefined;
  for (const { event, issuedMs } of withIssue(events)) {
    if (event.fromMs <= ms && issuedMs <= ms) latest = event;
  }
  return latest;
}

/**
 * @param events in the order in which they were said
 * @returns from when on a card is its present holder's, in ms since 1970 UTC
 */
export function issuedAt(events: readonly CardEvent[]): number {
  let latest = fromTheBeginning;
  for (const { issuedMs } of withIssue(events)) latest = issuedMs;
  return latest;
}

/** Each event with the moment of the issue that it belongs to: a card is issued when nobody has it. */
function* withIssue<T extends CardEvent>(events: readonly T[]) {
  let before: T | undefined;
  let issuedMs = fromTheBeginning;
  for (const event of events) {
    const isHeld = before?.volunteer === event.volunteer && before.status !== 'returned';
    if (!isHeld) issuedMs = event.fromMs;
    yield { event, issuedMs };
    before = event;
  }
}

/** What an operator can do to a card that is somebody's: from which status, and to which. */
export const cardChanges = {
  lost: { from: ['active', 'blocked'], to: 'lost' },
  block: { from: ['active', 'lost'], to: 'blocked' },
  unblock: { from: ['lost', 'blocked'], to: 'active' },
  replace: { from: ['active', 'lost', 'blocked'], to: 'replaced' },
  return: { from: ['active', 'lost', 'blocked', 'replaced'], to: 'returned' },
} as const satisfies Record<string, { from: readonly CardStatus[]; to: CardStatus }>;
export type CardChange = keyof typeof cardChanges;

/** 48 bits: among 100,000 cards two alike are not to be expected, and longer ones are understood too. */
const referenceHexDigits = 12;

/**
 * What people call a card: the first digits of its token, which is a hash itself (shared/card-token.ts),
 * so that also a card that is nobody's yet has one. With it alone nobody can make a tap.
 */
export const cardReference = (token: string): string => `ca-${token.slice(0, referenceHexDigits)}`;

/** @returns how the tokens begin that a reference stands for, or undefined when it is none. */
export const tokenStart = (reference: string): string | undefined =>
  /^ca-([0-9a-f]{12,32})$/.exec(reference)?.[1];
