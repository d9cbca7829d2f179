/** The page's words in the three languages of the scheme, and which of them is chosen. */
import { en } from './words/en.js';
import { ko } from './words/ko.js';
import { zh } from './words/zh.js';

const words = { zh, en, ko };

const preferred = [localStorage.getItem('language'), navigator.language.slice(0, 2)];
export let language = preferred.find((name) => name in words) ?? 'en';

export const said = () => words[language];

/** The choice is remembered for the next visit. */
export function choose(name) {
  language = name;
  localStorage.setItem('language', name);
}

/** Puts values into a text, such as `{hold}`. */
export const filled = (text, values) => text.replaceAll(/\{(\w+)\}/g, (_, name) => values[name]);
