/** What each volunteer's check-ins have earned in the month so far, for days that are gone through in order. */
export class MonthTally {
  #month = '';
  #points = new Map<string | null, number>();

  before(volunteer: string | null, day: string): number {
    this.#turnTo(day);
    return this.#points.get(volunteer) ?? 0;
  }

  add(volunteer: string | null, day: string, points: number): void {
    this.#points.set(volunteer, this.before(volunteer, day) + points);
  }

  #turnTo(day: string): void {
    const month = day.slice(0, 7);
    if (month === this.#month) return;
    this.#month = month;
    this.#points = new Map();
  }
}
