/**
 * @param one what is counted, in the singular
 * @param many its plural where that is not the singular with an s
 * @returns such as "1 check-in", "0 check-ins"
 */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;
