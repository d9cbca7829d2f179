/** What others wrote (a station's name, a server's answer) on one line: no control characters, no more than so many. */
export function oneLine(text: string, charactersMax: number): string {
  const line = text.replaceAll(/[\p{C}\s]+/gu, ' ').trim();
  const characters = [...line];
  return characters.length <= charactersMax
    ? line
    : `${characters.slice(0, charactersMax - 1).join('')}…`;
}

/** As much of an answer as an operator wants to read. */
const answerCharactersMax = 200;

/**
 * What the other side says, for the operator. It knows our secrets and may say them back, as they are,
 * as base64 or as part of a URL; none of them is passed on.
 */
export function quoted(answer: string, secrets: readonly string[]): string {
  const forms = secrets
    .filter((secret) => secret !== '')
    .flatMap((secret) => [
      secret,
      Buffer.from(secret).toString('base64'),
      encodeURIComponent(secret),
    ]);
  const clean = forms.reduce((text, form) => text.replaceAll(form, '[secret]'), answer);
  return oneLine(clean, answerCharactersMax);
}
