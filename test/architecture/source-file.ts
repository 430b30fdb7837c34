import { posix } from 'node:path';
import ts from 'typescript';

/** What the rules look at in one source file. Paths are relative to the checkout, with forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly lineCount: number;
  readonly imports: readonly Import[];
  /** Uses of names that the file does not declare, outermost two parts: `process.env`, `console.log`, `Date.now`. */
  readonly globals: readonly GlobalUse[];
  readonly defaultExportLines: readonly number[];
  readonly isTest: boolean;
  readonly isGenerated: boolean;
}

export interface Import {
  /** As written. */
  readonly specifier: string;
  /** The file that a relative specifier names; undefined for a package or a built-in module. */
  readonly target: string | undefined;
  readonly line: number;
}

export interface GlobalUse {
  readonly name: string;
  readonly line: number;
}

/** The globals that some rule speaks of; `Date()` stands for reading the clock with `new Date()`. */
const watchedGlobals = new Set([
  'process',
  'console',
  'Date',
  'performance',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'fetch',
]);

/** Parses with TypeScript's own parser: comments and strings that look like imports do not count. */
export function parseSourceFile(path: string, text: string): SourceFile {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
  const lineOf = (node: ts.Node) => tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
  const imports: Import[] = [];
  const globals: GlobalUse[] = [];
  const defaultExportLines: number[] = [];
  const visit = (node: ts.Node): void => {
    const specifier = importedModule(node);
    if (specifier !== undefined) {
      imports.push({ specifier, target: resolveImport(path, specifier), line: lineOf(node) });
    }
    const name = usedGlobal(node);
    if (name !== undefined) globals.push({ name, line: lineOf(node) });
    if (exportsDefault(node)) defaultExportLines.push(lineOf(node));
    ts.forEachChild(node, visit);
  };
  visit(tree);
  const isGenerated = path.split('/').includes('gen');
  const isTest = path.endsWith('.test.ts');
  return { path, lineCount: countLines(text), imports, globals, defaultExportLines, isTest, isGenerated };
}

/** The module that this node imports, in any of the ways to say it. */
function importedModule(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return literal(node.moduleSpecifier);
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return literal(node.arguments[0]);
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return literal(node.argument.literal);
  return undefined;
}

function literal(node: ts.Node | undefined): string | undefined {
  return node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined;
}

function resolveImport(from: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.normalize(posix.join(posix.dirname(from), specifier)) : undefined;
}

function usedGlobal(node: ts.Node): string | undefined {
  if (!ts.isIdentifier(node) || !watchedGlobals.has(node.text)) return undefined;
  const parent = node.parent;
  // `x.process`, `{ process: 1 }`, a type's name, a declaration of one's own: the word, not the global.
  if (ts.isPropertyAccessExpression(parent)) {
    return parent.expression === node ? `${node.text}.${parent.name.text}` : undefined;
  }
  if (ts.isElementAccessExpression(parent) && parent.expression === node) {
    return `${node.text}.${literal(parent.argumentExpression) ?? '*'}`;
  }
  if (ts.isNewExpression(parent) && parent.expression === node) {
    return (parent.arguments ?? []).length === 0 ? `${node.text}()` : undefined;
  }
  const isUse =
    (ts.isCallExpression(parent) && (parent.expression === node || parent.arguments.includes(node))) ||
    (ts.isVariableDeclaration(parent) && parent.initializer === node);
  return isUse ? node.text : undefined;
}

function exportsDefault(node: ts.Node): boolean {
  if (ts.isExportAssignment(node)) return true;
  if (ts.isExportSpecifier(node)) return node.name.text === 'default';
  return (
    ts.canHaveModifiers(node) &&
    (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword)
  );
}

function countLines(text: string): number {
  return text === '' ? 0 : text.trimEnd().split('\n').length;
}
