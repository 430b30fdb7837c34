import { backupPlaces } from './backup-argument.ts';
import type { CommandSurface } from './commander-tree.ts';
import { argumentWord } from './define-command.ts';
import type { FlagSpec, FlagSpecs } from './flag-spec.ts';
import { defaultText } from './flag-value.ts';

/** Every command and flag as lines of text: what scripts may rely on, in a form whose changes are seen. */
export function describeSurface(surface: CommandSurface): string {
  const lines = ['every command', ...flagLines(surface.globalFlags)];
  for (const spec of surface.commands) {
    const { path, args = [], flags = {}, formats, exitStatuses = {}, hidden } = spec;
    if (hidden === true) continue;
    const words = args.map(argumentWord);
    lines.push('', [...path, ...words].join(' '), ...flagLines(flags));
    for (const name of backupPlaces(spec))
      lines.push(`  ${name} or a backup, with the flags of a repository`);
    if (formats !== undefined) lines.push(`  formats: ${formats.join(', ')}`);
    const statuses = Object.keys(exitStatuses);
    if (statuses.length > 0) lines.push(`  statuses: ${statuses.join(', ')}`);
  }
  return `${lines.join('\n')}\n`;
}

function flagLines(flags: FlagSpecs): string[] {
  return Object.entries(flags).map(([name, spec]) => `  ${describeFlag(name, spec)}`);
}

function describeFlag(name: string, spec: FlagSpec): string {
  const parts = [spec.short === undefined ? `--${name}` : `-${spec.short}, --${name}`, spec.kind];
  if (spec.kind === 'string' && spec.choices !== undefined) parts.push(`of ${spec.choices.join(', ')}`);
  const fallback = defaultText(spec);
  if (fallback !== undefined) parts.push(`default ${fallback}`);
  if (spec.hidden === true) parts.push('hidden');
  return parts.join(' ');
}
