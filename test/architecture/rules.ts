import type { Import, SourceFile } from './source-file.ts';

/** One place where the house is not as design and readers expect it. */
export interface Violation {
  readonly rule: RuleName;
  readonly path: string;
  readonly line: number;
  /** What is wrong there. */
  readonly what: string;
}

/** The rules and why each is there: a broken one is explained to whoever broke it. */
export const reasons = {
  floors:
    'a folder imports only from floors below it, never sideways and never up, so that each can be read, tested and replaced knowing only what it stands on',
  doors:
    'a folder or room is entered through its index.ts, so that what lies behind can change without its users',
  'formats are pure':
    'formats/ turns bytes into values and back; whoever calls it opens files and sockets, reads the clock and logs, so that every format can be fed any bytes',
  'only cli meets the user':
    'only cli/ (and sandbox/, whose programs stand in for others) sees argv, the environment, the terminal and exit, so that everything below works the same inside any program',
  'libraries have one home':
    'a library that shapes code around it is imported by the one folder whose it is (gRPC by the two that speak it), so that it can be exchanged there',
  names: 'a file is named after the one thing in it; a name that fits anything gathers everything',
  'named exports': 'a default export has another name in every file that imports it',
  'no cycles': 'files that need each other are one file in two halves, and load in an order nobody chose',
  'file length': 'a file is one concept; past 600 lines it is several',
  'tests stay out': 'what ships does not depend on what tests it',
} as const;

export type RuleName = keyof typeof reasons;

/** The floor of every folder under src/. A new folder needs a row here, in design and in ARCHITECTURE.md. */
export const floors: Readonly<Record<string, number>> = {
  base: 0,
  formats: 1,
  hosts: 1,
  etcd: 2,
  kms: 2,
  kubernetes: 2,
  storage: 2,
  repository: 3,
  operations: 4,
  cli: 5,
  agent: 5,
  sandbox: 5,
};

/** Who alone may import a library: a pattern of module specifiers, and the folders. */
const homes: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^commander($|\/)/, ['cli']],
  [/^@grpc\/|^@connectrpc\//, ['etcd', 'kms']],
  // What stands for the kubelet reads manifests in a way of its own, so that a mistake made in kubernetes/ shows.
  [/^yaml($|\/)/, ['kubernetes', 'sandbox']],
  [/^@aws-sdk\/|^@smithy\//, ['storage']],
  [/^age-encryption($|\/)/, ['repository']],
];

const forbiddenNames = /^(utils?|helpers?|common|misc|shared)$/;
const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*$/;
const maxLines = 600;
/** A file that is one table, and generated code, are as long as what they list. */
const isTable = /(-table|\/error-codes)\.ts$/;

const impureModules =
  /^(node:)?(fs|net|http|https|http2|tls|dgram|dns|child_process|cluster|timers|perf_hooks|readline|repl)($|\/)/;
const impureGlobals =
  /^(process|console|performance|fetch|setTimeout|setInterval|setImmediate)\b|^Date(\(\)|\.now)$/;
const userGlobals =
  /^console\b|^process\.(argv|argv0|env|exit|exitCode|stdin|stdout|stderr|on|once)$|^process$/;

type Rule = (files: readonly SourceFile[]) => Violation[];

/** Every rule, each over the whole set of source files. */
export const rules: readonly Rule[] = [
  checkFloors,
  checkDoors,
  checkPureFormats,
  checkUser,
  checkHomes,
  checkNames,
  checkDefaultExports,
  checkLength,
  checkTestsStayOut,
];

/** `src/<folder>/…` → folder; undefined for a file right under src/ (an entry of the library) or outside src/. */
function folderOf(path: string): string | undefined {
  const parts = path.split('/');
  return parts[0] === 'src' && parts.length > 2 ? parts[1] : undefined;
}

/** An entry of the library may use everything that is not the program itself. */
const entryFloor = 5;

function floorOf(path: string): number | undefined {
  const folder = folderOf(path);
  return folder === undefined ? entryFloor : floors[folder];
}

function checkFloors(files: readonly SourceFile[]): Violation[] {
  return files.flatMap((file) => {
    const folder = folderOf(file.path);
    if (folder !== undefined && floors[folder] === undefined) {
      return [violation('floors', file, 1, `src/${folder}/ is on no floor`)];
    }
    return insideSrc(file).flatMap(({ target, line }) => {
      const targetFolder = folderOf(target);
      if (targetFolder === folder) return [];
      const from = floorOf(file.path)!;
      const to = floorOf(target);
      if (to === undefined || to < from) return [];
      const what = `${folder ?? 'src'} (floor ${from}) imports ${target} (floor ${to})`;
      return [violation('floors', file, line, what)];
    });
  });
}

function checkDoors(files: readonly SourceFile[]): Violation[] {
  const paths = new Set(files.map(({ path }) => path));
  // Generated files know each other in their generator's way.
  const written = files.filter((file) => !file.isGenerated);
  return written.flatMap((file) =>
    insideSrc(file).flatMap(({ target, line }) => {
      const door = frontDoorOnTheWay(file.path, target) ?? doorOnTheWay(file.path, target, paths);
      if (door === undefined) return [];
      return [violation('doors', file, line, `imports ${target}, past ${door}`)];
    }),
  );
}

/**
 * The index.ts that an import walks past, if it does. From the deepest directory that holds both files, the target
 * is either right there, or it is the index.ts of a room not far below. A directory without an index.ts
 * is no room but a drawer, open to the directory that it is in and to nobody else.
 */
function doorOnTheWay(from: string, target: string, paths: ReadonlySet<string>): string | undefined {
  const fromParts = from.split('/').slice(0, -1);
  const targetParts = target.split('/').slice(0, -1);
  let shared = 0;
  while (shared < fromParts.length && fromParts[shared] === targetParts[shared]) shared++;
  const below = targetParts.slice(shared);
  // Generated code lies in a folder's own `gen/`, which has no doors.
  if (below.length === 0 || (shared > 1 && below[0] === 'gen')) return undefined;
  if (target.endsWith('/index.ts') && below.length <= maxDoorDepth) return undefined;
  const door = doorPath(targetParts, shared);
  const isOwnDrawer = shared > 1 && shared === fromParts.length && below.length === 1 && !paths.has(door);
  return isOwnDrawer ? undefined : door;
}

/**
 * Folders whose rooms make sense together only: whoever comes from outside takes the front door. Rooms that need nothing
 * of the others are named after a folder.
 */
const frontDoors: Readonly<Record<string, readonly string[]>> = { repository: ['retention'] };

function frontDoorOnTheWay(from: string, target: string): string | undefined {
  const folder = folderOf(target);
  if (folder === undefined || folder === folderOf(from) || frontDoors[folder] === undefined) return undefined;
  const door = `src/${folder}/index.ts`;
  const isFree = frontDoors[folder].some((room) => target === `src/${folder}/${room}/index.ts`);
  return target === door || isFree ? undefined : door;
}

/** How far in a door may lie: a sibling's own, or that of one of its rooms. */
const maxDoorDepth = 2;

function doorPath(targetParts: readonly string[], shared: number): string {
  return [...targetParts.slice(0, shared + 1), 'index.ts'].join('/');
}

function checkPureFormats(files: readonly SourceFile[]): Violation[] {
  return product(files)
    .filter((file) => folderOf(file.path) === 'formats')
    .flatMap((file) => [
      ...file.imports
        .filter(({ specifier }) => impureModules.test(specifier))
        .map(({ specifier, line }) => violation('formats are pure', file, line, `imports ${specifier}`)),
      ...file.globals
        .filter(({ name }) => impureGlobals.test(name))
        .map(({ name, line }) => violation('formats are pure', file, line, `uses ${name}`)),
    ]);
}

/** Programs meet whoever starts them; the sandbox's are started by the demo and by tests. */
const programFolders: readonly string[] = ['cli', 'sandbox'];

function checkUser(files: readonly SourceFile[]): Violation[] {
  return product(files)
    .filter((file) => !programFolders.includes(folderOf(file.path) ?? ''))
    .flatMap((file) =>
      file.globals
        .filter(({ name }) => userGlobals.test(name))
        .map(({ name, line }) => violation('only cli meets the user', file, line, `uses ${name}`)),
    );
}

/** A test may hold what a folder writes against the library that reads it elsewhere. */
function checkHomes(files: readonly SourceFile[]): Violation[] {
  return product(files).flatMap((file) =>
    file.imports.flatMap(({ specifier, line }) =>
      homes
        .filter(([pattern, home]) => pattern.test(specifier) && !home.includes(folderOf(file.path) ?? ''))
        .map(([, home]) =>
          violation(
            'libraries have one home',
            file,
            line,
            `imports ${specifier}, which only ${home.join('/ and ')}/ may`,
          ),
        ),
    ),
  );
}

function checkNames(files: readonly SourceFile[]): Violation[] {
  return files.flatMap((file) => {
    if (file.isGenerated) return [];
    return file.path
      .split('/')
      .map((part) => part.replace(/(\.test)?\.ts$/, ''))
      .flatMap((name) => {
        if (forbiddenNames.test(name)) return [violation('names', file, 1, `is named ${name}`)];
        if (!kebabCase.test(name)) return [violation('names', file, 1, `${name} is not kebab-case`)];
        return [];
      });
  });
}

function checkDefaultExports(files: readonly SourceFile[]): Violation[] {
  return files.flatMap((file) =>
    file.defaultExportLines.map((line) => violation('named exports', file, line, 'has a default export')),
  );
}

function checkLength(files: readonly SourceFile[]): Violation[] {
  return files
    .filter((file) => !file.isGenerated && !isTable.test(file.path) && file.lineCount > maxLines)
    .map((file) => violation('file length', file, maxLines, `has ${file.lineCount} lines`));
}

function checkTestsStayOut(files: readonly SourceFile[]): Violation[] {
  return product(files).flatMap((file) =>
    file.imports
      .filter(
        ({ target, specifier }) =>
          specifier === 'node:test' ||
          (target !== undefined && /^(bench|examples|scripts|test|testdata)\/|\.test\.ts$/.test(target)),
      )
      .map(({ specifier, line }) => violation('tests stay out', file, line, `imports ${specifier}`)),
  );
}

/** Files that ship: tests may print, open files and look at the clock. */
function product(files: readonly SourceFile[]): SourceFile[] {
  return files.filter((file) => !file.isTest);
}

function insideSrc(file: SourceFile): (Import & { readonly target: string })[] {
  return file.imports.filter(
    (found): found is Import & { target: string } => found.target?.startsWith('src/') === true,
  );
}

function violation(rule: RuleName, file: SourceFile, line: number, what: string): Violation {
  return { rule, path: file.path, line, what };
}
