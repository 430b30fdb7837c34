/**
 * Control-plane hosts on one machine, as network namespaces with root directories, processes and disks of their own;
 * needs root.
 */
export { type HostLab, type HostLabOptions, startHostLab } from './host-lab.ts';
export type { LabHost } from './lab-host.ts';
export { type Machines, type MachinesOptions, buildMachines } from './machines.ts';
export { type NamespaceKind, type NamespaceProcess, namespaceOf, processesIn } from './namespaces.ts';
export { requireHostLab } from './require-host-lab.ts';
export type { SshAccess } from './ssh-access.ts';
export { startSshd } from './sshd-in-host.ts';
