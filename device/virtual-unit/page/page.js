/** Draws the unit as the station says it is, and passes on what the hands do. */
import { words } from './words.js';

const shades = {
  off: '#2a313c',
  red: '#ff2d20',
  amber: '#ffb000',
  green: '#25d366',
  blue: '#2f7bff',
  white: '#ffffff',
};

const element = (id) => document.getElementById(id);
/** Tells the station which page holds the button. */
const page = crypto.randomUUID();
let view;
let viewAt = 0;
let soundedAt = 0;
let audio;
let language = localStorage.getItem('language') ?? navigator.language.slice(0, 2);
if (!(language in words)) language = 'en';

/** Posts to the station; what it answers to a mistake, or that it is gone, is shown. Never rejects. */
async function send(path, body) {
  const answer = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }).catch(() => undefined);
  const fault = answer?.ok ? '' : answer ? (await answer.json()).error : words[language].gone;
  element('error').textContent = fault;
}

async function tap(uid) {
  element('reader').classList.add('tapped');
  setTimeout(() => element('reader').classList.remove('tapped'), 300);
  await send('/tap', { uid });
}

function write() {
  const said = words[language];
  document.documentElement.lang = language;
  for (const button of document.querySelectorAll('[data-language]')) {
    button.setAttribute('aria-pressed', String(button.dataset.language === language));
  }
  element('title').textContent = said.title;
  element('cardsTitle').textContent = said.cards;
  element('uidLabel').textContent = said.uid;
  element('addButton').textContent = said.add;
  element('readerLabel').textContent = said.reader;
  element('panic').textContent = said.panic;
  element('hint').textContent = said.hint;
  element('soundLabel').textContent = said.sound;
  if (view) draw();
}

function draw() {
  const said = words[language];
  element('says').textContent = said.rows[view.light.row];
  element('pattern').textContent = `${said.lamp}: ${view.light.pattern}`;
  const outcome = view.outcome
    ? (said.outcomes[view.outcome.kind] ?? said.rows[view.outcome.kind])
    : '–';
  const points = view.outcome?.points ? ` (+${view.outcome.points})` : '';
  const parts = Object.entries(view.parts).map(([part, state]) => `${part}: ${state}`);
  const facts = {
    connection: said.connection[view.connection],
    backlog: String(view.backlog),
    outcome: `${outcome}${points}`,
    parts: parts.join(', '),
  };
  element('facts').replaceChildren(
    ...Object.entries(facts).flatMap(([name, value]) => {
      const term = document.createElement('dt');
      const text = document.createElement('dd');
      term.textContent = said.facts[name];
      text.textContent = value;
      return [term, text];
    }),
  );
  drawCards();
}

function drawCards() {
  const wanted = JSON.stringify(view.cards);
  if (element('cards').dataset.cards === wanted) return;
  element('cards').dataset.cards = wanted;
  element('cards').replaceChildren(
    ...view.cards.map(({ uid, label }) => {
      const card = document.createElement('button');
      const number = document.createElement('small');
      card.type = 'button';
      card.textContent = label;
      number.textContent = uid;
      card.append(number);
      card.addEventListener('click', () => tap(uid));
      return card;
    }),
  );
}

/** The lamp plays the frames by itself, from where the station is in them. */
function shine() {
  requestAnimationFrame(shine);
  if (!view) return;
  const { frames, shownMs } = view.light;
  const periodMs = frames.reduce((sum, { ms }) => sum + ms, 0);
  let atMs = (shownMs + performance.now() - viewAt) % periodMs;
  const frame = frames.find(({ ms }) => {
    atMs -= ms;
    return atMs < 0;
  });
  const color = frame?.color ?? 'off';
  const lamp = element('lamp');
  lamp.style.background = shades[color];
  lamp.style.boxShadow = color === 'off' ? 'none' : `0 0 3rem 0.5rem ${shades[color]}`;
}

/** Sounds a tone once it is new; a repeating one again and again while it is the station's tone. */
function sound() {
  const startedAt = performance.now() - view.tone.agoMs;
  const isNew = Math.abs(startedAt - soundedAt) > 50;
  // An old tone is not made up for, but one that goes on and on is joined.
  const isOver = view.tone.agoMs > 1000 && !view.tone.repeat;
  if (!audio || !isNew || isOver) return;
  soundedAt = startedAt;
  play(view.tone, startedAt);
}

function play(tone, startedAt) {
  let at = audio.currentTime;
  let lengthMs = 0;
  for (const { hz, ms } of tone.notes) {
    if (hz > 0) note(hz, at, ms / 1000);
    at += ms / 1000;
    lengthMs += ms;
  }
  if (!tone.repeat) return;
  setTimeout(() => {
    if (audio && view.tone.repeat && soundedAt === startedAt) play(tone, startedAt);
  }, lengthMs);
}

function note(hz, at, seconds) {
  const oscillator = audio.createOscillator();
  const volume = audio.createGain();
  volume.gain.value = 0.1;
  oscillator.frequency.value = hz;
  oscillator.connect(volume).connect(audio.destination);
  oscillator.start(at);
  oscillator.stop(at + seconds);
}

function button(edge) {
  element('panic').classList.toggle('down', edge === 'down');
  void send('/button', { edge, page });
}

const panic = element('panic');
panic.addEventListener('pointerdown', (event) => {
  panic.setPointerCapture(event.pointerId);
  button('down');
});
for (const end of ['pointerup', 'pointercancel']) panic.addEventListener(end, () => button('up'));
panic.addEventListener('keydown', (event) => {
  if ((event.key === ' ' || event.key === 'Enter') && !event.repeat) button('down');
});
panic.addEventListener('keyup', (event) => {
  if (event.key === ' ' || event.key === 'Enter') button('up');
});
panic.addEventListener('blur', () => button('up'));

element('add').addEventListener('submit', (event) => {
  event.preventDefault();
  void tap(element('uid').value);
});
element('sound').addEventListener('change', ({ target }) => {
  void audio?.close();
  audio = target.checked ? new AudioContext() : undefined;
  if (view) sound();
});
for (const choice of document.querySelectorAll('[data-language]')) {
  choice.addEventListener('click', () => {
    language = choice.dataset.language;
    localStorage.setItem('language', language);
    write();
  });
}

const events = new EventSource(`/events?page=${page}`);
events.addEventListener('error', () => {
  element('error').textContent = words[language].gone;
});
events.addEventListener('open', () => {
  element('error').textContent = '';
});
events.addEventListener('message', ({ data }) => {
  view = JSON.parse(data);
  viewAt = performance.now();
  draw();
  sound();
});
write();
shine();
