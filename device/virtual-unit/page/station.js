/** The line to the station: what it is comes in, what the hands do goes out. */

/** The station speaks every five seconds at least. After so long without a word the page must not go on claiming anything. */
const silentMaxMs = 12_000;
const retryMs = 1000;
const answerWithinMs = 10_000;

/** Tells the station which page holds the button. */
const page = crypto.randomUUID();

/** Calls `onView` for each view of the unit, and `onGone` when the station cannot be heard; goes on for ever. */
export function followStation(onView, onGone) {
  let events;
  let timer;
  // Browsers differ in when they give up on a stream, and none notices a station that merely hangs.
  const open = () => {
    events?.close();
    events = new EventSource(`/events?page=${page}`);
    events.addEventListener('error', lost);
    events.addEventListener('message', ({ data }) => {
      clearTimeout(timer);
      timer = setTimeout(lost, silentMaxMs);
      onView(JSON.parse(data));
    });
    timer = setTimeout(lost, silentMaxMs);
  };
  const lost = () => {
    events.close();
    clearTimeout(timer);
    timer = setTimeout(open, retryMs);
    onGone();
  };
  open();
}

let last = Promise.resolve();

/** One after the other: a let-go that overtook its press would leave the button down. Never rejects. @returns the answer's status, 0 for none. */
function send(path, body) {
  last = last.then(() => post(path, body));
  return last;
}

async function post(path, body) {
  const answer = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(answerWithinMs),
  }).catch(() => undefined);
  return answer?.status ?? 0;
}

export const tapCard = (uid) => send('/tap', { uid });
export const moveButton = (edge) => send('/button', { edge, page });
