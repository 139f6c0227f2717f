import { STRATEGIES } from '../../words.js';
import { type Content, html, type Markup } from './escape.js';

/** Longest first: `pin-replay` is no `pin`. */
const NAMES = [...STRATEGIES].sort((a, b) => b.length - a.length).join('|');
const STRATEGY = new RegExp(`(?<![\\w-])(${NAMES})(?![\\w-])`);

/** A sentence in which strategies have the colours that they have in the charts. */
export function inColour(sentence: string): Content {
  return sentence.split(STRATEGY).map((part, i) => (i % 2 === 0 ? part : strategyName(part)));
}

/** The name of a strategy in its colour. */
export function strategyName(name: string): Markup {
  return html`<b class="${name}">${name}</b>`;
}
