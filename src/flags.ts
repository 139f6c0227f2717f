import type { Kind, Sizes } from './option-kinds.js';
import { OPTION_ENTRIES, type ProgramName, type Settings } from './options.js';
import { flagOf } from './settings.js';

/** The flags of `pinbench run` that express these settings, for the start of a child process. */
export function flagsOf(settings: Partial<Settings>): string[] {
  return OPTION_ENTRIES.flatMap(([name, { kind, commandLineOnly }]) => {
    const value = settings[name as ProgramName];
    return commandLineOnly || value === undefined ? [] : [`${flagOf(name)}=${textOf(kind, name, value)}`];
  });
}

/** A value as the text of its flag, which the option's kind parses. Settings are in ns where flags have units. */
function textOf({ type }: Kind<unknown, unknown>, name: string, value: unknown): string {
  switch (type) {
    case 'sizes':
      return (value as Sizes)
        .map((size) => (typeof size === 'number' ? size : `${size.from}..${size.to}`))
        .join(',');
    case 'names':
      return (value as readonly string[]).map((one) => one.replaceAll(',', '\\,')).join(',');
    case 'number':
      if (name === 'modelNs') return String((value as number) / 1000);
      return name.endsWith('Ns') ? `${value}ns` : String(value);
    default:
      return Array.isArray(value) ? value.join(',') : String(value);
  }
}
