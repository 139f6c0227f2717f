/**
 * Estimates the time of a step of `rows` rows, ns, from observed step times by number of rows: a fixed time plus a time per row,
 * determined by the smallest and the largest observed step. With only one observed size these cannot be separated, and the time is
 * assumed to grow with the square root of the rows, midway between constant and proportional. `undefined` without observations.
 */
export function stepNsOf(rows: number, seen: ReadonlyMap<number, number>): number | undefined {
  const [least, most] = [Math.min(...seen.keys()), Math.max(...seen.keys())];
  const [leastNs, mostNs] = [seen.get(least), seen.get(most)];
  if (leastNs === undefined || mostNs === undefined) return undefined;
  if (least === most) return leastNs * Math.sqrt(rows / least);
  const rowNs = Math.max(0, (mostNs - leastNs) / (most - least));
  return Math.max(0, leastNs - least * rowNs) + rows * rowNs;
}
