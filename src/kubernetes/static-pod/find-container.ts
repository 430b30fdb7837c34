import { posix } from 'node:path';
import { splitShellCommands } from './shell-commands.ts';
import type { PlacedArgument, StaticPod, StaticPodContainer } from './static-pod.ts';

/** A program that a pod runs, and the container that runs it. */
export interface ProgramInPod {
  readonly container: StaticPodContainer;
  /** The program's name as it is written, then its arguments; shells and wrappers are taken off. */
  readonly argv: readonly PlacedArgument[];
  /** What says so. With `image` it is the image's name alone: `argv` begins with the program's bare name then. */
  readonly foundBy: 'command' | 'wrapper' | 'shell' | 'image';
}

/**
 * The container that runs a program (`etcd`, `kube-apiserver`), whatever file, pod and container are called; undefined
 * when none does. Started by itself, by a wrapper (`tini -- etcd`), by a shell (`sh -c "exec etcd …"`), or by an image
 * of that name without a command.
 */
export function findContainer(pod: StaticPod, program: string): ProgramInPod | undefined {
  for (const find of [findByCommand, findByWrapper, findByShell, findByImage]) {
    for (const container of pod.containers) {
      const found = find(container, program);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

type Find = (container: StaticPodContainer, program: string) => ProgramInPod | undefined;

const findByCommand: Find = (container, program) => {
  const { argv } = container;
  if (argv[0] === undefined || posix.basename(argv[0].value) !== program) return undefined;
  return { container, argv, foundBy: 'command' };
};

const findByWrapper: Find = (container, program) => {
  const argv = takeOffWrapper(container.argv, program);
  return argv === undefined ? undefined : { container, argv, foundBy: 'wrapper' };
};

const findByShell: Find = (container, program) => {
  for (const command of shellCommands(container)) {
    const name = command[0];
    const argv =
      name !== undefined && posix.basename(name.value) === program
        ? command
        : takeOffWrapper(command, program);
    if (argv !== undefined) return { container, argv, foundBy: 'shell' };
  }
  return undefined;
};

const findByImage: Find = (container, program) => {
  if (container.hasCommand || imageName(container.image) !== program) return undefined;
  const first = container.argv[0];
  // A word in front of the flags is another program of the image, as in `etcdctl snapshot save`.
  if (first !== undefined && !first.value.startsWith('-')) return undefined;
  const name = { value: program, line: container.line };
  return { container, argv: [name, ...container.argv], foundBy: 'image' };
};

const shells = new Set(['sh', 'bash', 'ash', 'dash', 'busybox']);

/** Programs that start the program named by their arguments. */
const wrappers = new Set(
  (
    'exec env nice ionice nohup chrt taskset timeout stdbuf setpriv numactl chroot gosu su-exec ' +
    'tini dumb-init catatonit kube-log-runner go-runner'
  ).split(' '),
);

function takeOffWrapper(
  argv: readonly PlacedArgument[],
  program: string,
): readonly PlacedArgument[] | undefined {
  const start = argv.findIndex(({ value }) => !isAssignment(value));
  const first = argv[start];
  if (first === undefined) return undefined;
  const isProgram = ({ value }: PlacedArgument) => posix.basename(value) === program;
  if (isProgram(first)) return argv.slice(start);
  if (!wrappers.has(posix.basename(first.value))) return undefined;
  const index = argv.findIndex((word, i) => i > start && isProgram(word));
  return index < 0 ? undefined : argv.slice(index);
}

/** The commands of `sh -c SCRIPT`, wherever in the argv the shell stands; each word has the line of its script. */
function shellCommands(container: StaticPodContainer): readonly (readonly PlacedArgument[])[] {
  const shell = container.argv.findIndex(({ value }) => shells.has(posix.basename(value)));
  if (shell < 0) return [];
  const option = container.argv.findIndex(({ value }, i) => i > shell && /^-[a-z]*c$/.test(value));
  const script = option < 0 ? undefined : container.argv[option + 1];
  if (script === undefined) return [];
  const commands = splitShellCommands(script.value, container.env);
  return commands.map((words) => words.map((value) => ({ value, line: script.line })));
}

function isAssignment(word: string): boolean {
  return /^[A-Za-z_]\w*=/.test(word);
}

/** `registry:5000/path/etcd-amd64:3.5@sha256:…` is `etcd`. */
function imageName(image: string): string {
  const name = posix.basename(image.replace(/@.*$/, '')).replace(/:.*$/, '');
  return name.replace(/-(amd64|arm64|arm|ppc64le|s390x)$/, '');
}
