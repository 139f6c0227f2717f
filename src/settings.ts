import { usageError } from './errors.js';
import { FLAGLESS_OPTIONS, type FlaglessName, type FlaglessOption } from './flagless-options.js';
import { type Kind, suggestionFor } from './option-kinds.js';
import {
  type OPTION_ENTRIES,
  type OptionName,
  PROGRAM_NAMES,
  type ProgramName,
  RUN_OPTIONS,
  type RunSettings,
  type Settings,
} from './options.js';
import { didYouMean } from './similar.js';

/** The long flag of an option, such as `--batch`. Errors name an option by it. */
export function flagOf(name: OptionName): string {
  return /--[a-z-]+/.exec(RUN_OPTIONS[name].flag)![0];
}

/** Parses the text of a flag. Throws a usage error that states the expected values. */
export function parseOption(name: OptionName, text: string): unknown {
  const kind: Kind<unknown, unknown> = RUN_OPTIONS[name].kind;
  const value = kind.parse(text);
  if (value === undefined) throw refusal(name, text, `"${text}"`, kind.expected);
  return value;
}

/**
 * Validates the options that a program passes and fills in the defaults. Throws a usage error that names the flag of the first
 * invalid option.
 */
export function settingsOf(given: RunSettings): Settings {
  const settings = Object.fromEntries(PROGRAM_NAMES.map((name) => [name, settingOf(name, given[name])]));
  return agreeing(given, settings as Settings);
}

/** Validates one option that a program passes; returns its default if it is not given. */
export function settingOf<K extends ProgramName>(name: K, value: unknown): Settings[K] {
  const { kind, default: defaultValue } = RUN_OPTIONS[name] as (typeof OPTION_ENTRIES)[number][1];
  if (value === undefined) return defaultValue as Settings[K];
  const accepted = kind.accept(value);
  if (accepted === undefined) {
    const isNumberAsText = typeof value === 'string' && (kind.type === 'whole' || kind.type === 'number');
    const observed = `${isNumberAsText ? 'the text ' : ''}"${shown(value)}"`;
    throw refusal(name, value, observed, kind.expectedOfProgram ?? kind.expected);
  }
  return accepted as Settings[K];
}

/**
 * Throws a usage error if `options` has a name that is not in `names`, because a misspelt option must not be ignored silently, or if
 * an option without a flag has an invalid value.
 */
export function mustBeOptions(options: unknown, names: readonly (ProgramName | FlaglessName)[]): void {
  if (typeof options !== 'object' || options === null) {
    throw usageError('options', String(options), { expected: 'an object with option names as keys' });
  }
  const known: readonly string[] = names;
  for (const [name, value] of Object.entries(options)) {
    if (!known.includes(name)) {
      const remedy = didYouMean(name, known);
      throw usageError(name, 'no such option', { expected: known.join(', '), ...(remedy && { remedy }) });
    }
    const option: FlaglessOption | undefined = FLAGLESS_OPTIONS[name as FlaglessName];
    if (value !== undefined && option?.accepts(value) === false)
      throw usageError(name, `"${shown(value)}"`, { expected: option.expected });
  }
}

function refusal(name: OptionName, given: unknown, observed: string, expected: string) {
  const remedy = suggestionFor(given, RUN_OPTIONS[name].kind);
  return usageError(flagOf(name), observed, { expected, ...(remedy && { remedy }) });
}

/** An invalid value as text for an error message. A program may pass a value of any type. */
function shown(given: unknown): string {
  if (Array.isArray(given)) return given.map(shown).join(',');
  if (typeof given === 'function') return 'a function';
  return typeof given === 'object' && given !== null ? 'an object' : String(given);
}

/** Checks that the options agree with each other, and sets those that follow from others. */
function agreeing(given: RunSettings, settings: Settings): Settings {
  const { sampling, minTimeNs, epochs, untilPercent, chunk, strategy, rounds, processes = 1 } = settings;
  if (rounds !== undefined) {
    for (const name of ['epochs', ...(processes === 1 ? (['untilPercent'] as const) : [])] as const) {
      if (settings[name] !== undefined) {
        throw usageError(
          flagOf(name),
          `"${settings[name]}" cannot be combined with --rounds, which sets the exact number of rounds`,
          {
            remedy: 'omit one of the two',
          },
        );
      }
    }
  }
  if (processes > 1 && epochs !== undefined) {
    throw usageError(
      '--epochs',
      `"${epochs}" cannot be combined with --processes, which measures --rounds rounds in each process`,
      {
        remedy: 'omit one of the two',
      },
    );
  }
  if (chunk !== undefined && strategy !== 'all' && !strategy.includes('feed-chunk')) {
    throw usageError('--chunk', `"${chunk}" has no effect without the strategy feed-chunk`, {
      remedy: 'add feed-chunk to --strategy, or omit --chunk',
    });
  }
  if (minTimeNs === 0 && epochs === undefined && rounds === undefined) {
    throw usageError('--min-time', '"0" without --epochs or --rounds', {
      expected: 'the exact number of epochs or rounds to measure',
      remedy: 'add --epochs or --rounds',
    });
  }
  if (minTimeNs === 0 && untilPercent !== undefined) {
    throw usageError(
      '--until',
      `"${untilPercent}" cannot be combined with --min-time 0, which measures exactly --epochs`,
      {
        remedy: 'omit one of the two',
      },
    );
  }
  if (sampling !== 'gather') return settings;
  if (given.shuffle !== undefined && given.shuffle !== 'epoch') {
    throw usageError(
      '--shuffle',
      `"${given.shuffle}" cannot be combined with --sampling gather, which shuffles the rows in every epoch`,
      {
        remedy: 'omit --shuffle',
      },
    );
  }
  return { ...settings, shuffle: 'epoch' };
}
