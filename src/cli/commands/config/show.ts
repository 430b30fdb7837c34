import type { Setting } from '../../../operations/config/index.ts';
import {
  backupFlags,
  type CommandHost,
  type CommandInput,
  defineCommand,
  type FlagSpecs,
  formatGoDuration,
  type GlobalValues,
  repositoryFlags,
  retentionFlags,
  type ValueOrigin,
} from '../../command/index.ts';
import { formatGoJson, type GoJson, type View } from '../../output/index.ts';

const settingFlags: FlagSpecs = { ...repositoryFlags, ...retentionFlags, ...backupFlags };

export const configShowCommand = defineCommand({
  path: ['config', 'show'],
  summary: 'print each setting that has a value, and where it comes from',
  description:
    'What a command would use: the command line comes before the environment, that before the settings file, that ' +
    'before the default. Of secrets only that they are set is shown.',
  flags: {
    origin: { kind: 'boolean', summary: 'say where each value comes from' },
    ...settingFlags,
  },
  formats: ['simple', 'json', 'table'],
  examples: [{ command: 'holdfast config show --origin', explains: 'Which value comes from where' }],
  async run(input, host) {
    const { secretVariables, settings } = await import('../../../operations/config/index.ts');
    const shown = settings.flatMap((setting) => shownSetting(setting, input, host) ?? []);
    const secrets = secretVariables
      .filter(({ variable }) => (host.io.env[variable] ?? '') !== '')
      .map(({ path, variable }): ShownSetting => {
        return { path, value: null, text: '(set)', origin: { kind: 'environment', variable } };
      });
    host.print(settingsView([...shown, ...secrets], input.flags.origin, host.configPath));
    return undefined;
  },
});

interface ShownSetting {
  readonly path: string;
  /** Null for what is not shown. */
  readonly value: GoJson;
  readonly text: string;
  readonly origin: ValueOrigin;
  readonly flag?: string;
}

function shownSetting(
  setting: Setting,
  input: CommandInput<FlagSpecs>,
  host: CommandHost,
): ShownSetting | undefined {
  const { path, flag } = setting;
  if (flag === undefined) return undefined;
  const isOwn = flag in settingFlags;
  const global = flag as keyof GlobalValues;
  const origin = isOwn ? input.origin(flag) : host.origin(global);
  const value = isOwn ? input.flags[flag] : host.globals[global];
  // A switch that nobody set may still be decided by the command.
  if (value === undefined || (origin.kind === 'default' && value === false)) return undefined;
  const json = withoutSecrets(setting, value);
  return { path, value: json, text: textOf(json), origin, flag };
}

/** As it is written in the file; of a command the program alone, and of a user the name: the rest may be secret. */
function withoutSecrets({ path, kind }: Setting, value: unknown): GoJson {
  if (kind === 'duration') return formatGoDuration(value as number);
  if (kind === 'list') return value as readonly string[];
  if (path === 'repository.passphrase-command') return `${String(value).trim().split(/\s+/)[0] ?? ''} …`;
  if (path === 'etcd.user') return String(value).split(':')[0] ?? '';
  return value as string | boolean | bigint;
}

function textOf(value: GoJson): string {
  if (Array.isArray(value)) return value.join(',');
  return typeof value === 'string' ? value : formatGoJson(value);
}

function originText({ origin, flag }: ShownSetting): string {
  switch (origin.kind) {
    case 'flag':
      return `--${flag ?? ''}`;
    case 'environment':
      return origin.variable;
    case 'file':
      return `${origin.path}:${origin.line}`;
    case 'default':
      return 'default';
  }
}

function settingsView(
  shown: readonly ShownSetting[],
  hasOrigin: boolean,
  configPath: string | undefined,
): View {
  const cells = shown.map((setting) => [
    setting.path,
    setting.text,
    ...(hasOrigin ? [originText(setting)] : []),
  ]);
  const widths = [0, 1].map((column) => Math.max(0, ...cells.map((row) => row[column]!.length)));
  return {
    simple(output) {
      for (const row of cells)
        output.line(
          row
            .map((cell, column) => cell.padEnd(widths[column] ?? 0))
            .join('  ')
            .trimEnd(),
        );
    },
    json: () => ({
      file: configPath ?? null,
      settings: shown.map((setting) => ({
        name: setting.path,
        value: setting.value,
        origin: originText(setting),
      })),
    }),
    table: () => ({
      header: ['setting', 'value', ...(hasOrigin ? ['origin'] : [])],
      rows: cells,
      align: 'left',
    }),
  };
}
