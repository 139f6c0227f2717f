import { describe, expect, it } from 'vitest';
import { didYouMean } from './similar.js';

const WORDS = ['feed', 'pin', 'feed-locked', 'feed-ahead', 'pin-replay'];

describe('a misspelt word', () => {
  it.each([
    ['fede', 'did you mean feed?'],
    ['feeed', 'did you mean feed?'],
    ['fed', 'did you mean feed?'],
    ['pim', 'did you mean pin?'],
    ['feed_ahead', 'did you mean feed-ahead?'],
    ['pinreplay', 'did you mean pin-replay?'],
    ['pinning', undefined],
    ['zero', undefined],
    ['x', undefined],
    ['', undefined],
    ['pin', undefined],
  ])('such as %j gets the suggestion %j', (given, said) => {
    expect(didYouMean(given, WORDS)).toBe(said);
  });

  it.each([
    ['ep', ['step', 'epoch'], 'did you mean epoch?'],
    ['in', ['pin', 'inconclusive'], 'did you mean inconclusive?'],
    ['epoch', ['epoch', 'step'], undefined],
    ['pin', ['pin', 'pin-replay'], undefined],
    ['fee', ['feed', 'feed-locked'], 'did you mean feed?'],
    ['', ['epoch'], undefined],
  ])('such as %j among %j gets the only word that begins with it: %j', (given, candidates, said) => {
    expect(didYouMean(given, candidates)).toBe(said);
  });

  it('gets all suggestions that are equally close', () => {
    expect(didYouMean('cat', ['bat', 'hat', 'dog'])).toBe('did you mean bat or hat?');
  });
});
