import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { hostPathToLocal, pathMappings, replacePaths } from './container-paths.ts';
import type { PodContainer, PodManifest } from './pod-manifest.ts';
import { findProgram, imageName, type ProgramTable } from './program-table.ts';
import type { RunnerEvent } from './runner-events.ts';

/** What all containers of a runner have in common. */
export interface ContainerSettings {
  readonly root: string;
  readonly stateDir: string;
  readonly programs: ProgramTable;
  /** The wait before the second restart in a row; the first is at once. Doubles up to the longest. */
  readonly firstBackOffMs: number;
  readonly longestBackOffMs: number;
  readonly report: (event: Omit<RunnerEvent, 'time'>) => void;
}

interface Launch {
  readonly argv: readonly string[];
  readonly command: readonly string[];
  /** Set where the command itself does not see to its name. */
  readonly argv0?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * A container as a process of this machine: started, started again when it ends, stopped. Its command runs with the
 * command's own name as argv[0], in a process group of its own; what is left of the group when it ends is killed, as
 * everything in a container ends with its first process.
 */
export class Container {
  readonly #pod: PodManifest;
  readonly #container: PodContainer;
  readonly #settings: ContainerSettings;
  readonly #about: Pick<RunnerEvent, 'file' | 'pod' | 'container'>;
  #child: ChildProcess | undefined;
  #childEnded: Promise<void> = Promise.resolve();
  #startedAt = 0;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopping = false;

  constructor(pod: PodManifest, container: PodContainer, settings: ContainerSettings) {
    this.#pod = pod;
    this.#container = container;
    this.#settings = settings;
    this.#about = { file: pod.file, pod: pod.pod, container: container.name };
  }

  start(): void {
    if (this.#stopping) return;
    try {
      this.#spawn(this.#prepare());
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#settings.report({ event: 'cannot-start', ...this.#about, reason });
      this.#startLater();
    }
  }

  /** Asks it to stop, kills it after the grace period, and resolves when no process is left. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    this.#child?.kill('SIGTERM');
    const timer = setTimeout(() => this.kill(), graceMs);
    await this.#childEnded;
    clearTimeout(timer);
  }

  /** Kills what runs, without waiting. */
  kill(): void {
    const pid = this.#child?.pid;
    if (pid !== undefined) killGroup(pid);
  }

  #spawn({ argv, command, argv0, env, cwd }: Launch): void {
    const log = openSync(this.#logFile(), 'a', 0o600);
    try {
      const child = spawn(command[0]!, command.slice(1), {
        cwd,
        env,
        stdio: ['ignore', log, log],
        detached: true,
        ...(argv0 === undefined ? {} : { argv0 }),
      });
      this.#child = child;
      this.#startedAt = performance.now();
      this.#childEnded = new Promise((resolve) => {
        child.once('error', (error) => {
          if (child.pid !== undefined) return;
          this.#settings.report({ event: 'cannot-start', ...this.#about, reason: error.message });
          this.#ended(resolve);
        });
        child.once('exit', (exitCode, signal) => {
          killGroup(child.pid!);
          this.#settings.report({ event: 'exited', ...this.#about, pid: child.pid!, exitCode, signal });
          this.#ended(resolve);
        });
      });
      if (child.pid !== undefined) {
        this.#settings.report({ event: 'started', ...this.#about, pid: child.pid, argv });
      }
    } finally {
      closeSync(log);
    }
  }

  #ended(resolve: () => void): void {
    this.#child = undefined;
    if (performance.now() - this.#startedAt > 2 * this.#settings.longestBackOffMs) this.#failures = 0;
    this.#startLater();
    resolve();
  }

  #startLater(): void {
    if (this.#stopping) return;
    const { firstBackOffMs, longestBackOffMs, report } = this.#settings;
    const wanted = this.#failures === 0 ? 0 : firstBackOffMs * 2 ** (this.#failures - 1);
    const delayMs = Math.min(wanted, longestBackOffMs);
    this.#failures++;
    if (delayMs > 0) report({ event: 'back-off', ...this.#about, delayMs });
    this.#timer = setTimeout(() => this.start(), delayMs);
  }

  /** Everything that has to be there before the process starts. Throws with what is not. */
  #prepare(): Launch {
    const { root, stateDir, programs } = this.#settings;
    const container = this.#container;
    const podDirectory = join(stateDir, 'pods', this.#pod.identity.slice(0, 16));
    const layer = join(podDirectory, 'containers', container.name);
    rmSync(layer, { recursive: true, force: true });
    mkdirSync(layer, { recursive: true, mode: 0o700 });
    mkdirSync(dirname(this.#logFile()), { recursive: true, mode: 0o700 });
    prepareVolumes(this.#pod, root, join(podDirectory, 'volumes'));
    const places = { root, podDirectory: join(podDirectory, 'volumes'), layer };
    const mappings = pathMappings(this.#pod, container, places);
    const words = container.command.length > 0 ? container.command : [imageName(container.image)];
    const name = posix.basename(words[0]!);
    const program = findProgram(programs, container.image, words[0]!);
    if (program === undefined) throw new Error(`no program stands for ${name} of ${container.image}`);
    const args = [...words.slice(1), ...container.args].map((word) => replacePaths(word, mappings));
    const env: Record<string, string> = {
      PATH: `${join(stateDir, 'bin')}:${systemPath}`,
      HOME: layer,
      ...compileCache(),
    };
    for (const [key, value] of Object.entries(container.env)) env[key] = replacePaths(value, mappings);
    return {
      argv: [name, ...program.slice(1), ...args],
      ...commandCalled(name, [...program, ...args]),
      env,
      cwd: layer,
    };
  }

  #logFile(): string {
    return join(this.#settings.stateDir, 'logs', `${this.#pod.file}-${this.#container.name}.log`);
  }
}

/** A command that runs under another name; on a system without bash, nothing ties it to the runner's death. */
function commandCalled(name: string, command: readonly string[]): Pick<Launch, 'command' | 'argv0'> {
  if (!existsSync('/bin/bash')) return { command, argv0: name };
  return { command: [...deathTie(), '/bin/bash', '-c', 'exec -a "$0" "$@"', name, ...command] };
}

/** What makes the kernel kill a container when the runner is killed outright; not every system has it. */
export function deathTie(): readonly string[] {
  return existsSync('/usr/bin/setpriv') ? ['/usr/bin/setpriv', '--pdeathsig', 'KILL', '--'] : [];
}

/** Where the runner keeps compiled code, there the stand-ins may do so, too. */
function compileCache(): Record<string, string> {
  const directory = process.env['NODE_COMPILE_CACHE'];
  return directory === undefined ? {} : { NODE_COMPILE_CACHE: directory };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody of the group is left.
  }
}

/** As the kubelet does before it starts a container: what may be made is made, what must be there is looked for. */
function prepareVolumes({ volumes }: PodManifest, root: string, podVolumes: string): void {
  for (const { name, hostPath, hostPathType } of volumes) {
    const path = hostPath === undefined ? join(podVolumes, name) : hostPathToLocal(root, hostPath);
    const found = statSync(path, { throwIfNoEntry: false });
    if (hostPathType.startsWith('Directory') && found?.isDirectory() === false) {
      throw new Error(`hostPath type check failed: ${hostPath} is not a directory`);
    }
    if (hostPathType.startsWith('File') && found?.isFile() === false) {
      throw new Error(`hostPath type check failed: ${hostPath} is not a file`);
    }
    if (found !== undefined) continue;
    if (hostPathType === 'FileOrCreate') {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, '', { mode: 0o644 });
    } else if (hostPathType === 'DirectoryOrCreate' || hostPathType === '') {
      mkdirSync(path, { recursive: true, mode: 0o755 });
    } else throw new Error(`hostPath type check failed: there is no ${hostPath}`);
  }
}
