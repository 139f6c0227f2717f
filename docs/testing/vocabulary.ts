/** A word that pages must not contain, and what to write instead. */
interface Rule {
  readonly pattern: RegExp;
  readonly instead: string;
  /** The word is allowed if the text around it, up to 200 characters on either side, matches this. */
  readonly unless?: RegExp;
}

/** From the design's vocabulary, and phrases that readers found hard to understand. */
export const RULES: readonly Rule[] = [
  {
    pattern: /\bpinned\b/i,
    instead: 'resident (in device memory) or page-locked (host memory)',
    // Allowed where CUDA's word is explained, or where a wrong strategy is named on purpose.
    unless: /\bCUDA\b|--strategy|strategy:/,
  },
  { pattern: /\bundecided\b/i, instead: 'inconclusive' },
  { pattern: /\b[Mm]ini ?batch/, instead: 'mini-batch' },
  { pattern: /\bdata set\b/i, instead: 'dataset' },
  { pattern: /\bspeed-up/i, instead: 'speedup' },
  { pattern: /\bset-up\b/i, instead: 'setup' },
  { pattern: /\btime ?steps?\b/i, instead: 'step' },
  { pattern: /\bpage locked\b/i, instead: 'page-locked' },
  { pattern: /cannot be meant/, instead: 'invalid' },
  { pattern: /\brecord of (?:now|before)\b/, instead: 'new record, or baseline' },
  {
    pattern: /has it become slower/i,
    instead: 'compare with a baseline; exits 1 if a row regressed or is missing',
  },
  { pattern: /\bmay lack\b/, instead: 'may be missing' },
  { pattern: /one report a record/, instead: 'run report once per record' },
  { pattern: /fed all the same|feeds it all the same/, instead: '`feed` still runs' },
  { pattern: /with both numbers/, instead: 'stating required and free memory' },
  { pattern: /nothing it timed/, instead: 'its timings are withheld' },
  { pattern: /computes something else/, instead: 'returned a wrong sum' },
  { pattern: /tests must miss/, instead: 'at least 85 % of the deletions must fail a test' },
  { pattern: /epochs first, not counted/, instead: 'warm-up epochs, not measured' },
  { pattern: /of the order and of the rounds/, instead: 'for the batch order and the round schedule' },
  { pattern: /\bmanners\b/i, instead: 'outputOptions' },
];

export interface WordFault {
  readonly line: number;
  readonly word: string;
  readonly instead: string;
}

const AROUND = 200;

/** The forbidden words in a text. */
export function wordFaultsIn(text: string): WordFault[] {
  return RULES.flatMap(({ pattern, instead, unless }) =>
    [...text.matchAll(new RegExp(pattern, `${pattern.flags}g`))].flatMap(({ 0: word, index }) => {
      const around = text.slice(Math.max(0, index - AROUND), index + word.length + AROUND);
      if (unless?.test(around)) return [];
      return { line: text.slice(0, index).split('\n').length, word, instead };
    }),
  );
}
