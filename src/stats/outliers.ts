import { median, medianAbsoluteDeviation } from 'simple-statistics';

/** A sample beyond this modified z-score is an outlier (Iglewicz & Hoaglin, How to Detect and Handle Outliers, 1993). */
const MODIFIED_Z = 3.5;
/** Scales the median absolute deviation to a standard deviation, for normal data: Φ⁻¹(¾). */
const MAD_TO_SIGMA = 0.6745;

/** The indexes of samples far from the median. They are reported but kept: dropping them would flatter the figures. */
export function outlierIndexes(samples: readonly number[]): number[] {
  if (samples.length === 0) return [];
  const [centre, mad] = [median([...samples]), medianAbsoluteDeviation([...samples])];
  if (mad === 0) return [];
  return samples.flatMap((sample, index) =>
    (MAD_TO_SIGMA * Math.abs(sample - centre)) / mad > MODIFIED_Z ? [index] : [],
  );
}
