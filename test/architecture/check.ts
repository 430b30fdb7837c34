import { glob, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { checkCycles } from './cycles.ts';
import { type Violation, reasons, rules } from './rules.ts';
import { parseSourceFile } from './source-file.ts';

/** Checks a set of source files: path relative to the checkout → text. */
export function checkArchitecture(texts: ReadonlyMap<string, string>): Violation[] {
  const files = [...texts].map(([path, text]) => parseSourceFile(path, text));
  return [...rules, checkCycles].flatMap((rule) => rule(files));
}

/** Every TypeScript file under src/ of the checkout. */
export async function readSources(root: string): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for await (const name of glob('src/**/*.ts', { cwd: root })) {
    texts.set(name.split(sep).join('/'), await readFile(join(root, name), 'utf8'));
  }
  return texts;
}

/** What is wrong, rule by rule, each with the reason for the rule. */
export function explain(violations: readonly Violation[]): string {
  const byRule = Map.groupBy(violations, ({ rule }) => rule);
  return [...byRule]
    .map(([rule, broken]) => {
      const places = broken.map(({ path, line, what }) => `  ${path}:${line} ${what}`);
      return [`rule "${rule}" is broken: ${reasons[rule]}`, ...places].join('\n');
    })
    .join('\n\n');
}
