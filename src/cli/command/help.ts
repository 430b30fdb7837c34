/** How `--help` looks: commander's layout, our order and the parts of a declaration that commander has no place for. */
import type { Command, Help, Option } from 'commander';
import { backupHelp } from './backup-argument.ts';
import { type AnyCommand, argumentWord } from './define-command.ts';

const helpWidth = 100;

export interface HelpParts {
  readonly isRoot?: boolean;
  readonly spec?: AnyCommand;
}

export function configureHelp(command: Command, parts: HelpParts): void {
  command.helpOption('-h, --help', 'show this help');
  command.configureHelp({
    helpWidth,
    commandUsage: (cmd) => usageLine(cmd, parts),
    subcommandTerm: (cmd) => cmd.name(),
    styleTitle: (title) => (title === 'Options:' ? 'Flags:' : title),
    // At the root the commands come first: the flags follow them.
    visibleOptions: (cmd) => (parts.isRoot === true ? [] : visibleOptions(cmd)),
    optionDescription: (option) => optionText(option),
  } satisfies Partial<Help>);
  command.addHelpText('after', () => afterText(command, parts));
}

/** `holdfast get <key> [range_end] [flags]` */
export function usageText(spec: AnyCommand): string {
  const args = (spec.args ?? []).map(argumentWord);
  return ['holdfast', ...spec.path, ...args, '[flags]'].join(' ');
}

function usageLine(command: Command, { isRoot, spec }: HelpParts): string {
  if (spec !== undefined) return usageText(spec);
  if (isRoot === true) return 'holdfast [flags] COMMAND';
  const words: string[] = [];
  for (let at: Command | null = command; at !== null; at = at.parent) words.unshift(at.name());
  return `${words.join(' ')} COMMAND [flags]`;
}

function visibleOptions(command: Command): Option[] {
  return command.options.filter((option) => !option.hidden);
}

function optionText(option: Option): string {
  const isOn = option.defaultValue === true;
  const shown = option.defaultValue === 0n ? '' : (option.defaultValueDescription ?? (isOn ? 'true' : ''));
  return shown === '' ? option.description : `${option.description} (default ${shown})`;
}

function afterText(command: Command, { isRoot, spec }: HelpParts): string {
  const parts: string[] = [];
  if (isRoot === true) {
    parts.push(`Flags that every command takes, before or after its words:\n${globalFlagLines(command)}`);
    parts.push('Run "holdfast COMMAND --help" for the arguments and flags of a command.');
    return `\n${parts.join('\n\n')}\n`;
  }
  const backups = spec === undefined ? undefined : backupHelp(spec);
  if (backups !== undefined) parts.push(backups);
  if (spec?.examples !== undefined) {
    const lines = spec.examples.map(({ command, explains }) => `  # ${explains}\n  ${command}`);
    parts.push(`Examples:\n${lines.join('\n\n')}`);
  }
  if (spec?.exitStatuses !== undefined) {
    const lines = Object.entries(spec.exitStatuses).map(([status, meaning]) => `  ${status}  ${meaning}`);
    parts.push(
      `Exit status beside 0 (done), 1 (failed), 2 (wrong usage) and 130 (interrupted):\n${lines.join('\n')}`,
    );
  }
  parts.push('Run "holdfast --help" for the flags that every command takes.');
  return `\n${parts.join('\n\n')}\n`;
}

function globalFlagLines(command: Command): string {
  const help = command.createHelp();
  help.prepareContext({ helpWidth });
  const options = visibleOptions(command);
  const width = Math.max(...options.map((option) => help.optionTerm(option).length));
  return options
    .map((option) => help.formatItem(help.optionTerm(option), width, optionText(option), help))
    .join('\n');
}
