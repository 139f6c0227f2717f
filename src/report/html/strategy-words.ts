import { STRATEGIES } from '../../words.js';
import { type Content, html } from './escape.js';

/** Longest first, so that `pin-replay` is not matched as `pin`. */
const NAMES = [...STRATEGIES].sort((a, b) => b.length - a.length).join('|');
const STRATEGY = new RegExp(`(?<![\\w-])(${NAMES})(?![\\w-])`);

/** A sentence in which the names of strategies have their colours of the charts. */
export function inColour(sentence: string): Content {
  return sentence
    .split(STRATEGY)
    .map((part, i) => (i % 2 === 0 ? part : html`<b class="${part}">${part}</b>`));
}
