import { posix } from 'node:path';

/**
 * Which program runs a container's command: the command's base name, or the image and that name separated by a
 * space (`registry.k8s.io/etcd:3.6.5-0 etcd`, looked up first), to the start of an argv on this machine.
 */
export type ProgramTable = Readonly<Record<string, readonly string[]>>;

/** Shells that manifests wrap commands in; every system has them at the same place. */
const shells: ProgramTable = { sh: ['/bin/sh'], bash: ['/bin/bash'] };

/** The start of the argv for a container's command, or undefined when the table knows none. */
export function findProgram(
  programs: ProgramTable,
  image: string,
  command: string,
): readonly string[] | undefined {
  const name = posix.basename(command);
  return programs[`${image} ${name}`] ?? programs[name] ?? shells[name];
}

/** What an image runs when the manifest says nothing: here, a program called as the image. */
export function imageName(image: string): string {
  return posix.basename(image).replace(/[@:].*$/, '');
}
