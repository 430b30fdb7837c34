import { flagsFromEnvironment, parseFlagText } from '../command/index.ts';

/** `ETCDCTL_COMMAND_TIMEOUT` for `command-timeout`. */
export function environmentName(flag: string): string {
  return `ETCDCTL_${flag.toUpperCase().replaceAll('-', '_')}`;
}

/**
 * Values of global flags from etcdctl's variables; an empty variable counts as unset, as with etcdctl.
 * Where a flag is given too, the flag wins (etcdctl refuses to run then). Errors: USAGE, naming the variable.
 */
export function valuesFromEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  given: ReadonlySet<string>,
): Readonly<Record<string, unknown>> {
  const values: Record<string, unknown> = {};
  for (const [flag, spec] of Object.entries(flagsFromEnvironment)) {
    const variable = environmentName(flag);
    const text = env[variable];
    if (text === undefined || text === '' || given.has(flag)) continue;
    values[flag] = parseFlagText(spec, text, variable);
  }
  return values;
}
