/** Whether two names that people gave stand for one: case and spaces do not make another person. */
export const isSamePerson = (one: string, other: string): boolean => plain(one) === plain(other);

const plain = (name: string): string =>
  name.normalize('NFKC').replace(/\s+/g, ' ').trim().toLowerCase();
