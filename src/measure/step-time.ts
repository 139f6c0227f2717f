/**
 * What a step of `rows` rows takes, ns, by the times of steps that were seen, by their rows: some fixed time and some time a row,
 * as the smallest and the largest of them say. Where all were of one size nobody can tell these apart, and a step is taken to grow
 * with the square root of its rows: midway between not at all and in proportion. `undefined` where none was seen.
 */
export function stepNsOf(rows: number, seen: ReadonlyMap<number, number>): number | undefined {
  const [least, most] = [Math.min(...seen.keys()), Math.max(...seen.keys())];
  const [leastNs, mostNs] = [seen.get(least), seen.get(most)];
  if (leastNs === undefined || mostNs === undefined) return undefined;
  if (least === most) return leastNs * Math.sqrt(rows / least);
  const rowNs = Math.max(0, (mostNs - leastNs) / (most - least));
  return Math.max(0, leastNs - least * rowNs) + rows * rowNs;
}
