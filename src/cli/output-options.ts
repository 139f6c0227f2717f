import { type Command, Option } from 'commander';
import type { OutputOptions } from './request.js';

/** Adds the output options that every command has. */
export function addOutputOptions(command: Command): Command {
  const group = command.name() === 'run' ? 'Output:' : 'Options:';
  return command
    .addOption(
      new Option('--no-color', 'print without colour, as NO_COLOR and TERM=dumb do').helpGroup(group),
    )
    .addOption(
      new Option('--verbose', 'print more detail, such as the stack trace of an error').helpGroup(group),
    );
}

/** Reads the output options from commander's values. */
export function outputOptionsOf(flags: Readonly<Record<string, unknown>>): OutputOptions {
  return { color: flags.color !== false, verbose: flags.verbose === true };
}
