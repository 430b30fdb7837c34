/** How `--help` looks: commander's layout, our order and the parts of a declaration that commander has no place for. */
import type { Command, Help, Option } from 'commander';
import { backupHelp } from './backup-argument.ts';
import { type AnyCommand, argumentWord } from './define-command.ts';

/** Lines that are longer are hard to read. */
const widestHelp = 100;
const narrowestHelp = 40;
/** For a pipe or a file, which is read on whatever there is. */
const usualHelp = 80;

export interface HelpParts {
  readonly isRoot?: boolean;
  readonly spec?: AnyCommand;
  /** Columns of the terminal that the help goes to; asked only when there is help to show. */
  readonly columns?: () => number | undefined;
}

export function configureHelp(command: Command, parts: HelpParts): void {
  command.helpOption('-h, --help', 'show this help');
  command.configureHelp({
    get helpWidth() {
      return Math.max(narrowestHelp, Math.min(widestHelp, parts.columns?.() ?? usualHelp));
    },
    minWidthToWrap: 16,
    commandUsage: (cmd) => usageLine(cmd, parts),
    subcommandTerm: (cmd) => cmd.name(),
    styleTitle: (title) => (title === 'Options:' ? 'Flags:' : title),
    // At the root the commands come first: the flags follow them.
    visibleOptions: (cmd) => (parts.isRoot === true ? [] : visibleOptions(cmd)),
    optionDescription: (option) => optionText(option),
    commandDescription: (cmd) => descriptionText(cmd, parts),
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

/** What the command does in a sentence, whatever else its declaration says of it. */
function descriptionText(command: Command, { isRoot, spec }: HelpParts): string {
  if (isRoot === true) return command.description();
  const summary = spec?.summary ?? command.description();
  const sentence = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
  return spec?.description === undefined ? sentence : `${sentence}\n\n${spec.description}`;
}

function optionText(option: Option): string {
  const isOn = option.defaultValue === true;
  const shown = option.defaultValue === 0n ? '' : (option.defaultValueDescription ?? (isOn ? 'true' : ''));
  return shown === '' ? option.description : `${option.description} (default ${shown})`;
}

function afterText(command: Command, { isRoot, spec }: HelpParts): string {
  const help = command.createHelp();
  help.prepareContext({});
  const wrapped = (text: string, indent: number) =>
    help.boxWrap(text, help.helpWidth! - indent).replaceAll('\n', `\n${' '.repeat(indent)}`);
  const parts: string[] = [];
  if (isRoot === true) {
    parts.push(
      `Flags that every command takes, before or after its words:\n${globalFlagLines(command, help)}`,
    );
    parts.push(wrapped('Run "holdfast COMMAND --help" for the arguments and flags of a command.', 0));
    return `\n${parts.join('\n\n')}\n`;
  }
  const backups = spec === undefined ? undefined : backupHelp(spec);
  if (backups !== undefined) parts.push(wrapped(backups, 0));
  if (spec?.examples !== undefined) {
    const lines = spec.examples.map(({ command, explains }) => `  # ${explains}\n  ${command}`);
    parts.push(`Examples:\n${lines.join('\n\n')}`);
  }
  if (spec?.exitStatuses !== undefined) {
    const lines = Object.entries(spec.exitStatuses).map(
      ([status, meaning]) => `  ${status}  ${wrapped(meaning, 5)}`,
    );
    const title = 'Exit status beside 0 (done), 1 (failed), 2 (wrong usage) and 130 (interrupted):';
    parts.push([wrapped(title, 0), ...lines].join('\n'));
  }
  parts.push(wrapped('Run "holdfast --help" for the flags that every command takes.', 0));
  return `\n${parts.join('\n\n')}\n`;
}

function globalFlagLines(command: Command, help: Help): string {
  const options = visibleOptions(command);
  const width = Math.max(...options.map((option) => help.optionTerm(option).length));
  return options
    .map((option) => help.formatItem(help.optionTerm(option), width, optionText(option), help))
    .join('\n');
}
