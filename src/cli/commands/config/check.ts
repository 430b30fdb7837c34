import { HoldfastError } from '../../../base/index.ts';
import type { ConfigFile } from '../../../operations/config/index.ts';
import { defineCommand } from '../../command/index.ts';
import type { View } from '../../output/index.ts';
import { hostConfigPath } from '../../session/index.ts';

export const configCheckCommand = defineCommand({
  path: ['config', 'check'],
  summary: 'check a settings file, and print every problem with its line',
  description:
    'Without FILE, the one that other commands would use: --config, HOLDFAST_CONFIG or /etc/holdfast/holdfast.yaml.',
  args: [{ name: 'file', summary: 'a holdfast.yaml', optional: true }],
  ignoresConfig: true,
  formats: ['simple', 'json'],
  async run({ args }, host) {
    const { readConfigFile } = await import('../../../operations/config/index.ts');
    const path = args[0] ?? (host.globals.config || hostConfigPath(host.io));
    const file = await readConfigFile({ path, uid: process.getuid?.() });
    host.print(checkView(file));
    const failed = file.findings.filter(({ severity }) => severity === 'fail').length;
    if (failed === 0) return;
    throw new HoldfastError(
      'CONFIG_FILE_INVALID',
      `${path} has ${failed === 1 ? 'a problem' : `${failed} problems`}`,
      {
        hint: 'Correct the lines that are named; docs/reference/configuration.md lists every setting.',
        details: { path },
      },
    );
  },
});

function checkView({ path, values, findings }: ConfigFile): View {
  const isSound = findings.every(({ severity }) => severity !== 'fail');
  return {
    simple(output) {
      for (const { severity, message } of findings)
        output.line(severity === 'warn' ? `${message} (warning)` : message);
      if (isSound) output.line(`${path}: ok, ${values.size} settings`);
    },
    json: () => ({
      file: path,
      ok: isSound,
      settings: values.size,
      findings: findings.map(({ severity, code, message, where }) => {
        return { severity, code, message, line: where?.['line'] };
      }),
    }),
  };
}
