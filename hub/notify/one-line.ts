/** What others wrote (a station's name, a server's answer) on one line: no control characters, no more than so many. */
export function oneLine(text: string, charactersMax: number): string {
  const line = text.replaceAll(/[\p{C}\s]+/gu, ' ').trim();
  const characters = [...line];
  return characters.length <= charactersMax
    ? line
    : `${characters.slice(0, charactersMax - 1).join('')}…`;
}

/** A regular expression for these characters and nothing else. */
const literally = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&');

/** As much of an answer as an operator wants to read. */
const answerCharactersMax = 200;

/**
 * What the other side says, for the operator. It knows our secrets and may say them back, as they are
 * (mail servers: in letters of another case), as base64 or as part of a URL; none of them is passed on.
 */
export function quoted(answer: string, secrets: readonly string[]): string {
  const forms = secrets
    .filter((secret) => secret !== '')
    .flatMap((secret) => [
      secret,
      Buffer.from(secret).toString('base64'),
      encodeURIComponent(secret),
    ])
    // The longest first: a part of it would hide it from its own rule.
    .sort((one, other) => other.length - one.length);
  const clean = forms.reduce(
    (text, form) => text.replaceAll(new RegExp(literally(form), 'gi'), '[secret]'),
    answer,
  );
  return oneLine(clean, answerCharactersMax);
}
