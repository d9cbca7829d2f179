/** Draws the unit as the station says it is, and passes on what the hands do. */
import { watchButton } from './button.js';
import { drawLamp } from './lamp.js';
import { hear, hush, turnSound } from './sound.js';
import { followStation, moveButton, tapCard } from './station.js';
import { choose, filled, language, said } from './words.js';

const element = (id) => document.getElementById(id);

/** The unit as it was when the station last spoke; undefined before that, and while it does not answer. */
let view;
let viewAt = 0;
let isGone = false;

/** Untouched text stays as it is, or a screen reader would read it out again. */
function write(id, text) {
  const place = element(id);
  if (place.textContent !== text) place.textContent = text;
}

/** What stays the same until another language is chosen. */
function writeLabels() {
  const words = said();
  document.documentElement.lang = words.lang;
  for (const button of document.querySelectorAll('[data-language]')) {
    button.setAttribute('aria-pressed', String(button.dataset.language === language));
  }
  for (const id of ['title', 'tryTitle', 'reader', 'panic', 'cards', 'uid', 'add', 'sound']) {
    write(`${id}Label`, words[id]);
  }
  element('languages').setAttribute('aria-label', words.language);
  element('tries').replaceChildren(...words.tries.map((text) => made('li', text)));
  write('error', '');
  draw();
}

function made(tag, text) {
  const node = document.createElement(tag);
  node.textContent = text;
  return node;
}

function draw() {
  const words = said();
  document.body.classList.toggle('gone', isGone);
  element('unit').inert = !view;
  element('side').inert = !view;
  if (!view) {
    write('says', isGone ? words.gone : words.looking);
    write('more', isGone ? words.goneMore : '');
    write('pattern', '');
    return;
  }
  const { row, pattern } = view.light;
  // A silent unit keeps its countenance: in words as in light, and for calls of neighbours too.
  const isQuiet = view.silent && isHelp(row);
  document.body.dataset.row = isQuiet ? 'quiet' : row;
  // A call for help that went nowhere is no news to be polite about.
  const isUrgent = row === 'alarm-undelivered' && !isQuiet;
  element('says').setAttribute('aria-live', isUrgent ? 'assertive' : 'polite');
  write('says', isQuiet ? words.quiet : words.rows[row]);
  write('more', isQuiet ? words.more['all-well'] : moreOf(words));
  write('pattern', filled(words.lamp, { pattern: words.patterns[pattern] }));
  const { holdMs, pressesWithinMs } = view.button;
  write('hint', filled(words.hint, { hold: holdMs / 1000, within: pressesWithinMs / 1000 }));
  drawFacts(words);
  drawCards();
}

const isHelp = (row) => row.startsWith('alarm-') || row === 'neighbour-alarm';

/** The second line: what the first one means for the person who stands there. */
function moreOf(words) {
  const { row } = view.light;
  if (row === 'neighbour-alarm') {
    return filled(words.neighbours, { names: view.neighbours.join(', ') });
  }
  if (row.startsWith('alarm-') && view.mistake) return words.mistake;
  if (row === 'credited') return pointsOf(words);
  if (row === 'no-points') return words.outcomes[view.outcome?.kind] ?? '';
  return words.more[row] ?? '';
}

const pointsOf = (words) =>
  view.outcome?.points ? filled(words.points, { points: view.outcome.points }) : '';

function drawFacts(words) {
  const { outcome } = view;
  const broken = Object.entries(view.parts).filter(([, state]) => state !== 'ready');
  const parts = broken.map(([part, state]) => `${words.part[part]}: ${words.partState[state]}`);
  const came = outcome ? (words.outcomes[outcome.kind] ?? words.rows[outcome.kind]) : '–';
  const facts = {
    connection: words.connection[view.connection],
    backlog: String(view.backlog),
    outcome: outcome?.points ? `${came} (+${outcome.points})` : came,
    tone: words.tones[view.tone.name],
    parts: parts.length === 0 ? words.allReady : parts.join(', '),
  };
  element('facts').replaceChildren(
    ...Object.entries(facts).flatMap(([name, text]) => [
      made('dt', words.facts[name]),
      made('dd', text),
    ]),
  );
}

/** Drawn again only when they change: a card that is replaced under the finger takes no tap. */
function drawCards() {
  const wanted = JSON.stringify(view.cards);
  const cards = element('cards');
  if (cards.dataset.cards === wanted) return;
  cards.dataset.cards = wanted;
  cards.replaceChildren(
    ...view.cards.map(({ uid, label }) => {
      const card = made('button', label);
      card.type = 'button';
      card.append(made('small', uid));
      card.addEventListener('click', () => tap(uid));
      return card;
    }),
  );
}

async function tap(uid) {
  const reader = element('reader');
  reader.classList.add('tapped');
  setTimeout(() => reader.classList.remove('tapped'), 400);
  tell(await tapCard(uid));
}

/** A station that does not answer at all is told of by its stream. */
function tell(status) {
  const words = said();
  write('error', status === 400 ? words.notACard : status >= 300 ? words.failed : '');
}

/** What moves by itself between two words of the station: the lamp's pattern and the ring of a button that is held. */
function move() {
  if (!view) return;
  const sinceMs = performance.now() - viewAt;
  drawLamp(element('lamp'), view.light.frames, view.light.shownMs + sinceMs);
  const { edge, heldMs, holdMs } = view.button;
  const held = heldMs === null ? 0 : Math.min(1, (heldMs + sinceMs) / holdMs);
  element('panic').style.setProperty('--held', held.toFixed(3));
  element('panic').classList.toggle('down', edge === 'down');
}

function animate() {
  requestAnimationFrame(animate);
  move();
}

function came(news) {
  view = news;
  viewAt = performance.now();
  isGone = false;
  draw();
  // Words and light change together.
  move();
  hear(view.tone);
}

/** The page claims nothing that it no longer knows. */
function lost() {
  view = undefined;
  isGone = true;
  hush();
  drawLamp(element('lamp'), [{ color: 'off', ms: 1 }], 0);
  element('panic').style.setProperty('--held', 0);
  document.body.dataset.row = '';
  draw();
}

watchButton(element('panic'), async (edge) => tell(await moveButton(edge)));
element('addCard').addEventListener('submit', (event) => {
  event.preventDefault();
  void tap(element('uid').value);
});
element('sound').addEventListener('change', ({ target }) => turnSound(target.checked));
for (const choice of document.querySelectorAll('[data-language]')) {
  choice.addEventListener('click', () => {
    choose(choice.dataset.language);
    writeLabels();
  });
}
writeLabels();
followStation(came, lost);
animate();
