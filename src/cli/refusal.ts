import type { Command, CommanderError } from 'commander';
import { type PinbenchError, usageError } from '../errors.js';
import { didYouMean } from '../similar.js';
import { shellPath } from '../text.js';
import { counted } from '../units.js';

/** Turns an error of commander into a one-line usage error that ends with the help command to run; that command always exists. */
export function refusalOf(error: CommanderError, command: Command, args: readonly string[]): PinbenchError {
  switch (error.code) {
    case 'commander.unknownCommand':
      return unknownCommand(command.args[0] ?? '', command);
    case 'commander.help':
      // commander reports this code if the name of a command is missing, or if help was requested for an unknown command.
      if (command.parent === null && args[0] === 'help') return unknownCommand(args[1] ?? '', command);
      return usageError(pathOf(command), 'a command is missing', {
        expected: commandsOf(command),
        remedy: helpOf(command),
      });
    case 'commander.unknownOption':
      if (command.parent === null) return optionBeforeCommand(args, command);
      return unknownOption(error, command);
    case 'commander.missingArgument':
      if (command.name() !== 'ab') break;
      return usageError('ab', 'an argument is missing', {
        expected: usageOf(command),
        remedy: helpOf(command),
      });
    case 'commander.excessArguments':
      return usageError(pathOf(command), counted(command.args.length, 'argument'), {
        expected: usageOf(command),
        remedy: helpOf(command),
      });
  }
  const sentence = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
  return usageError(pathOf(command), sentence, { remedy: helpOf(command) });
}

function unknownCommand(word: string, command: Command): PinbenchError {
  const subject = `"${word}"`;
  if (command.parent === null && looksLikeFile(word)) {
    return usageError(subject, 'a file where a command is expected', {
      remedy: `to measure it, use pinbench run ${shellPath(word)}; see pinbench run --help`,
    });
  }
  const meant = didYouMean(word, namesOf(command));
  if (meant !== undefined)
    return usageError(subject, 'unknown command', { remedy: `${meant} ${helpOf(command)}` });
  return usageError(subject, 'unknown command', { expected: commandsOf(command), remedy: helpOf(command) });
}

function unknownOption(error: CommanderError, command: Command): PinbenchError {
  const flag = /'([^']*)'/.exec(error.message)?.[1] ?? '';
  const run = command.parent?.commands.find((one) => one.name() === 'run');
  const observed = `unknown option '${flag}'`;
  if (command.name() === 'ab' && run !== undefined && has(run, flag))
    return usageError('ab', `${observed}, which belongs to run`, { expected: `${usageOf(command)} ${flag}` });
  const meant = didYouMean(
    flag,
    command.options.map(({ long }) => long ?? ''),
  );
  return usageError(pathOf(command), observed, {
    remedy: [meant, helpOf(command)].filter((part) => part !== undefined).join(' '),
  });
}

function has({ options }: Command, flag: string): boolean {
  return options.some(({ short, long }) => short === flag || long === flag);
}

/** The program itself has only the options for help and version: all others belong to a command and follow its name. */
function optionBeforeCommand(args: readonly string[], program: Command): PinbenchError {
  const [flag = ''] = args;
  const [name = ''] = flag.split('=');
  const owners = program.commands.filter((command) => has(command, name));
  const owner = owners.find((command) => args.includes(command.name())) ?? owners[0];
  if (owner === undefined) {
    const flags = program.commands.flatMap(({ options }) => options.map(({ long }) => long ?? ''));
    const meant = didYouMean(name, [...new Set(flags)]);
    return usageError(flag, 'unknown option', {
      remedy: [meant, helpOf(program)].filter((part) => part !== undefined).join(' '),
    });
  }
  return usageError(flag, 'an option before its command', {
    expected: `${usageOf(owner)} ${flag}`,
    remedy: helpOf(owner),
  });
}

/** Whether a word is a path or a name with an extension; the file system is not consulted. */
function looksLikeFile(word: string): boolean {
  return /[/\\]|.\.\w+$/.test(word);
}

function namesOf({ commands }: Command): string[] {
  return commands.map((command) => command.name());
}

function commandsOf(command: Command): string {
  return namesOf(command).join(', ');
}

/** The name of a command without the program's, such as `setup tensorflow`; empty for the program itself. */
function pathOf(command: Command): string {
  if (command.parent === null) return '';
  return [pathOf(command.parent), command.name()].filter(Boolean).join(' ');
}

function usageOf(command: Command): string {
  return ['pinbench', pathOf(command), placesOf(command)].filter(Boolean).join(' ');
}

/** The arguments of a command as its usage shows them. */
export function placesOf(command: Command): string {
  if (command.name() === 'ab') return '<base> <head> -- <file>';
  return command.registeredArguments
    .map((argument) => {
      const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
      return argument.required ? `<${name}>` : `[${name}]`;
    })
    .join(' ');
}

function helpOf(command: Command): string {
  return ['see pinbench', pathOf(command), '--help'].filter(Boolean).join(' ');
}
