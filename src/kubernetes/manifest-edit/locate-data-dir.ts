import { posix } from 'node:path';
import { etcdConfigFile, readEtcdSettings, type Setting } from '../flags/index.ts';
import {
  containerPathToHost,
  findContainer,
  findMount,
  normalizePath,
  type ProgramInPod,
  type StaticPod,
  type VolumeMount,
} from '../static-pod/index.ts';
import { refuseEdit } from './refuse.ts';

/** How the data dir of a manifest's etcd is said, and where it is. */
export interface DataDirPlace {
  readonly program: ProgramInPod;
  readonly setting: Setting;
  readonly containerPath: string;
  readonly hostPath: string;
  readonly mount: VolumeMount;
}

/** Errors: MANIFEST_EDIT_REFUSED when the manifest alone does not say it. */
export function locateDataDir(pod: StaticPod): DataDirPlace {
  const program = findContainer(pod, 'etcd');
  if (program === undefined) throw refuseEdit(pod.path, 'no container of the manifest runs etcd');
  const { container, argv } = program;
  const { env } = container;
  const configFile = etcdConfigFile({ argv, env });
  if (configFile !== undefined) {
    throw refuseEdit(pod.path, `etcd reads its settings from ${configFile.value}`, configFile.line);
  }
  const settings = readEtcdSettings({ argv, env });
  const setting = settings.get('data-dir')!;
  if (!posix.isAbsolute(setting.value)) {
    throw refuseEdit(pod.path, `the data dir ${setting.value} is not an absolute path`, setting.line);
  }
  const walDir = settings.get('wal-dir');
  if (walDir !== undefined && walDir.value !== '') {
    throw refuseEdit(pod.path, `${walDir.writtenAs} keeps the log outside of the data dir`, walDir.line);
  }
  const containerPath = normalizePath(setting.value);
  const hostPath = containerPathToHost(pod, container, containerPath);
  const mount = findMount(container, containerPath);
  if (hostPath === undefined || mount === undefined) {
    throw refuseEdit(pod.path, `the data dir ${setting.value} is not on a hostPath volume`, setting.line);
  }
  return { program, setting, containerPath, hostPath, mount };
}
