/**
 * The simple commands of a shell script as lists of words: quotes, escapes and continued lines are resolved, comments
 * and redirections left out, variables replaced where they are known. No more of the shell is understood than start
 * scripts in manifests use: a substitution stays as it is written.
 */
export function splitShellCommands(
  script: string,
  variables: Readonly<Record<string, { readonly value: string }>>,
): readonly (readonly string[])[] {
  if (script.length > maxScriptCharacters) return [];
  const commands: string[][] = [[]];
  let isTarget = false;
  for (const match of script.matchAll(tokenPattern)) {
    const [token] = match;
    if (match.groups?.['gap'] !== undefined || match.groups?.['comment'] !== undefined) continue;
    if (match.groups?.['redirection'] !== undefined) {
      isTarget = !/&[\d-]$/.test(token);
    } else if (match.groups?.['separator'] !== undefined) {
      commands.push([]);
      isTarget = false;
    } else if (isTarget) {
      isTarget = false;
    } else {
      commands.at(-1)!.push(resolveWord(token, variables));
    }
  }
  return commands.filter((command) => command.length > 0);
}

/** Longer ones are no start scripts of etcd, and unclosed substitutions cost their length each. */
const maxScriptCharacters = 16_384;

const tokenPattern = new RegExp(
  [
    String.raw`(?<gap>(?:[ \t\r]|\\\r?\n)+)`,
    String.raw`(?<comment>(?<![^\s;&|()])#[^\n]*)`,
    String.raw`(?<redirection>\d*(?:>>|>\||<<|<>|[<>])(?:&[\d-])?|&>>?)`,
    String.raw`(?<separator>[\n;&|(){}]+(?=\s|$)|[\n;&|()])`,
    String.raw`(?<word>(?:'[^']*'|"(?:[^"\\]|\\[^])*"|\$\([^)]*\)|\$\{[^}]*\}|\\[^]|[^\s'"\\;&|()<>]|['"])+)`,
  ].join('|'),
  'g',
);

const partPattern = /'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])|\$\{(\w+)\}|\$(\w+)|([^])/g;

function resolveWord(word: string, variables: Readonly<Record<string, { readonly value: string }>>): string {
  return word.replace(partPattern, (whole, ...groups: (string | undefined)[]) => {
    const [single, double, escaped, braced, plain] = groups;
    if (single !== undefined) return single;
    if (double !== undefined) return resolveQuoted(double, variables);
    if (escaped !== undefined) return escaped === '\n' ? '' : escaped;
    return variables[braced ?? plain ?? '']?.value ?? whole;
  });
}

function resolveQuoted(
  text: string,
  variables: Readonly<Record<string, { readonly value: string }>>,
): string {
  return text.replace(
    /\\([$`"\\\n])|\$\{(\w+)\}|\$(\w+)/g,
    (whole, escaped: string | undefined, braced: string | undefined, plain: string | undefined) => {
      if (escaped !== undefined) return escaped === '\n' ? '' : escaped;
      return variables[braced ?? plain ?? '']?.value ?? whole;
    },
  );
}
