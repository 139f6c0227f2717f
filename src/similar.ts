/** A candidate with more edits than this counts as a different word. */
const MAX_EDITS = 2;
/** The share of the longer word that must be unchanged. */
const MIN_ALIKE = 0.5;

/**
 * A suggestion such as `did you mean pin?` for a misspelt word; `undefined` if no candidate is similar. If the word is the beginning
 * of exactly one candidate, only that one is suggested.
 */
export function didYouMean(given: string, candidates: readonly string[]): string | undefined {
  const nearest = completionsOf(given, candidates) ?? nearestTo(given, candidates);
  return nearest.length === 0 ? undefined : `did you mean ${nearest.join(' or ')}?`;
}

function completionsOf(given: string, candidates: readonly string[]): string[] | undefined {
  const completions = candidates.filter((candidate) => candidate.startsWith(given));
  return given !== '' && completions.length === 1 && completions[0] !== given ? completions : undefined;
}

function nearestTo(given: string, candidates: readonly string[]): string[] {
  const distances = candidates.map((candidate) => editsBetween(given, candidate));
  const least = Math.min(...distances);
  return candidates.filter(
    (candidate, i) =>
      distances[i] === least && least > 0 && least <= MAX_EDITS && isAlike(given, candidate, least),
  );
}

function isAlike(given: string, candidate: string, edits: number): boolean {
  const longer = Math.max(given.length, candidate.length);
  return (longer - edits) / longer >= MIN_ALIKE;
}

/**
 * The number of edits that turn one word into the other: insertion, deletion or replacement of a character, or transposition of
 * two adjacent ones (optimal string alignment: Damerau, A technique for computer detection and correction of spelling errors,
 * CACM 7(3), 1964). Infinity if the lengths differ by more than `MAX_EDITS`.
 */
function editsBetween(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > MAX_EDITS) return Number.POSITIVE_INFINITY;
  let [beforeLast, last]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(replaced, last[j]! + 1, row[j - 1]! + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j]!, beforeLast[j - 2]! + 1);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length]!;
}
