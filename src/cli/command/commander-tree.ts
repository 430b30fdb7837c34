/** Our declarations as commander's objects. */
import { Command, Option } from 'commander';
import { acceptedFlags } from './backup-argument.ts';
import { type AnyCommand, argumentWord, type CommandGroup } from './define-command.ts';
import type { FlagSpecs } from './flag-spec.ts';
import { defaultText, defaultValue, readValue } from './flag-value.ts';
import { configureHelp } from './help.ts';

export interface CommandSurface {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly AnyCommand[];
  readonly groups: readonly CommandGroup[];
  /** Flags that every command takes. */
  readonly globalFlags: FlagSpecs;
}

export interface CommanderTree {
  readonly program: Command;
  matched(): { readonly spec: AnyCommand; readonly command: Command } | undefined;
}

export interface TreeOptions {
  /** Receives help texts instead of the terminal. */
  readonly onHelp: (text: string) => void;
  /** How wide the terminal is that help texts are for. */
  readonly columns: () => number | undefined;
  readonly only: AnyCommand | undefined;
}

/**
 * The tree of commands. When it is known which command is meant, the tree holds no other: most of the time of a short
 * command would go into the rest.
 */
export function buildTree(surface: CommandSurface, { onHelp, columns, only }: TreeOptions): CommanderTree {
  const program = quiet(new Command(surface.name), onHelp).description(surface.summary);
  configureHelp(program, { isRoot: true, columns });
  // A command's own flag comes before the one of the same name that every command takes.
  const hidden = new Set(Object.keys(only === undefined ? {} : acceptedFlags(only)));
  addOptions(
    program,
    Object.fromEntries(Object.entries(surface.globalFlags).filter(([name]) => !hidden.has(name))),
  );
  let matched: { spec: AnyCommand; command: Command } | undefined;
  const groups = new Map<string, Command>([['', program]]);
  for (const { path, summary } of surface.groups) {
    const group = quiet(new Command(path.at(-1)), onHelp)
      .description(summary)
      .helpCommand(false);
    configureHelp(group, { columns });
    groups.get(path.slice(0, -1).join(' '))!.addCommand(group);
    groups.set(path.join(' '), group);
  }
  for (const spec of only === undefined ? surface.commands : [only]) {
    const command = quiet(leafCommand(spec), onHelp);
    configureHelp(command, { spec, columns });
    command.action(() => {
      matched = { spec, command };
    });
    groups.get(spec.path.slice(0, -1).join(' '))!.addCommand(command, { hidden: spec.hidden === true });
  }
  program.helpCommand(false);
  return { program, matched: () => matched };
}

function quiet(command: Command, onHelp: (text: string) => void): Command {
  return command.exitOverride().configureOutput({
    writeOut: onHelp,
    writeErr: onHelp,
    outputError: () => {},
    getOutHasColors: () => false,
  });
}

/** One command that stands alone. */
export function leafCommand(spec: AnyCommand): Command {
  const command = new Command(spec.path.at(-1)).exitOverride().allowExcessArguments(false);
  command.configureOutput({ writeErr: () => {}, outputError: () => {} });
  command.summary(spec.summary).description(spec.description ?? spec.summary);
  for (const argument of spec.args ?? []) command.argument(argumentWord(argument), argument.summary);
  addOptions(command, acceptedFlags(spec));
  return command;
}

function addOptions(command: Command, flags: FlagSpecs): void {
  for (const [name, spec] of Object.entries(flags)) {
    const short = spec.short === undefined ? '' : `-${spec.short}, `;
    if (spec.kind === 'boolean') {
      command.addOption(
        new Option(`${short}--${name}`, spec.summary)
          .default(spec.default ?? false)
          .hideHelp(spec.hidden === true),
      );
      command.addOption(new Option(`--no-${name}`).hideHelp());
      continue;
    }
    const option = new Option(`${short}--${name} <${spec.valueName ?? spec.kind}>`, spec.summary);
    option.argParser((text, previous) => readValue(spec, text, previous));
    option.default(defaultValue(spec), defaultText(spec)).hideHelp(spec.hidden === true);
    command.addOption(option);
  }
}
