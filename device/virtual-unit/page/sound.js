/** Sounds the station's tones, once the person has turned the sound on. */

/** A tone that began so long ago is not made up for. */
const lateMaxMs = 1000;

let audio;
let tone;
let soundedMs;

/** Browsers allow sound only after a gesture, so it is off until it is asked for. */
export function turnSound(on) {
  void audio?.close();
  audio = on ? new AudioContext() : undefined;
  soundedMs = undefined;
  if (tone) hear(tone);
}

/** Sounds a tone once it is new; a repeating one is joined, and goes on while it is the station's tone. */
export function hear(now) {
  tone = now;
  if (!audio || tone.startedMs === soundedMs) return;
  soundedMs = tone.startedMs;
  if (tone.repeat || tone.agoMs <= lateMaxMs) play(audio, tone);
}

/** A station that is gone sounds nothing. */
export function hush() {
  tone = undefined;
  soundedMs = undefined;
}

function play(output, { notes, repeat, startedMs }) {
  let at = output.currentTime;
  for (const { hz, ms } of notes) {
    if (hz > 0) note(output, hz, at, ms / 1000);
    at += ms / 1000;
  }
  if (!repeat) return;
  const lengthMs = notes.reduce((sum, { ms }) => sum + ms, 0);
  setTimeout(() => {
    if (audio === output && tone?.startedMs === startedMs) play(output, tone);
  }, lengthMs);
}

function note(output, hz, at, seconds) {
  const oscillator = output.createOscillator();
  const volume = output.createGain();
  volume.gain.value = 0.1;
  oscillator.frequency.value = hz;
  oscillator.connect(volume).connect(output.destination);
  oscillator.start(at);
  oscillator.stop(at + seconds);
}
