import { type Command, Option } from 'commander';
import { usageError } from '../errors.js';
import { OPTION_ENTRIES, OPTION_GROUPS, type OptionName, RUN_OPTIONS, type RunSettings } from '../options.js';
import { parseOption, settingsOf } from '../settings.js';
import { REPORT_FORMATS } from '../words.js';
import { addOutputOptions, outputOptionsOf } from './output-options.js';
import type { Output, RunRequest } from './request.js';

/** The options that name a file to write. Each has the name of its format. */
const OUTPUTS = REPORT_FORMATS.filter((format) => format in RUN_OPTIONS);

/** Declares the options of `pinbench run` from the table of options. */
export function declareRunOptions(command: Command, done: (request: RunRequest) => void): void {
  // commander names a value after its flag; the table of options has its own names.
  const keys = new Map<string, OptionName>();
  for (const group of OPTION_GROUPS) {
    for (const [name, entry] of OPTION_ENTRIES.filter(([, option]) => option.group === group)) {
      const flag = new Option(entry.flag, helpOf(entry)).helpGroup(`${group}:`);
      if (entry.kind.type !== 'switch') flag.argParser((text) => parseOption(name, text));
      command.addOption(flag);
      keys.set(flag.attributeName(), name);
    }
  }
  addOutputOptions(command).action((file: string, flags: Record<string, unknown>) => {
    const given = Object.fromEntries(
      Object.entries(flags).flatMap(([key, value]) => (keys.has(key) ? [[keys.get(key)!, value]] : [])),
    );
    done(requestOf(file, given, flags));
  });
}

function requestOf(
  file: string,
  given: Readonly<Record<string, unknown>>,
  flags: Readonly<Record<string, unknown>>,
): RunRequest {
  const outputs = OUTPUTS.flatMap((format): Output[] =>
    given[format] === undefined ? [] : [{ format, path: given[format] as string }],
  );
  if (outputs.filter(({ path }) => path === '-').length > 1) {
    throw usageError('-', 'standard output for several formats', { expected: 'only one format with -' });
  }
  const settings = Object.fromEntries(
    OPTION_ENTRIES.flatMap(([name, { commandLineOnly }]) =>
      commandLineOnly || given[name] === undefined ? [] : [[name, given[name]]],
    ),
  ) as RunSettings;
  // Rejects contradictory options before the file is opened.
  settingsOf(settings);
  return {
    ...{ command: 'run', file, settings, outputs },
    ...{ quiet: given.quiet === true, progress: given.progress !== false },
    ...outputOptionsOf(flags),
  };
}

/** The help text of an option with its default, which the table stores separately. */
function helpOf({ help, defaultHelp, default: defaultValue }: (typeof OPTION_ENTRIES)[number][1]): string {
  const shown =
    defaultHelp ??
    (typeof defaultValue === 'boolean' || defaultValue === undefined ? undefined : String(defaultValue));
  return shown === undefined ? help : `${help} (default: ${shown})`;
}
