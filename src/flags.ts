import { OPTION_ENTRIES, type ProgramName, type Settings } from './options.js';
import { flagOf } from './settings.js';

/** The flags of `pinbench run` that express these settings, for the start of a child process. */
export function flagsOf(settings: Partial<Settings>): string[] {
  return OPTION_ENTRIES.flatMap(([name, { kind, commandLineOnly }]) => {
    const value = settings[name as ProgramName];
    if (commandLineOnly || value === undefined) return [];
    // A list as text has its items between commas.
    return [`${flagOf(name)}=${kind.write?.(value) ?? String(value)}`];
  });
}
