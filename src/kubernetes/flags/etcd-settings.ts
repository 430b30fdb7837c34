import { HoldfastError } from '../../base/index.ts';
import type { Argument } from './flag-value.ts';

/** Where a setting comes from; etcd's order is file (alone, when given), then flag, then environment, then default. */
export interface Setting {
  readonly value: string;
  readonly source: 'flag' | 'environment' | 'config-file' | 'default';
  /** As written there: `--data-dir`, `ETCD_DATA_DIR`, `data-dir`. */
  readonly writtenAs: string;
  readonly line?: number;
}

/** The settings of an etcd by the name of their flag (`data-dir`, `listen-client-urls`); defaults included only where this needs them. */
export type EtcdSettings = ReadonlyMap<string, Setting>;

export interface EtcdSettingsSources {
  /** From the program's name on, or without it. */
  readonly argv: readonly (string | Argument)[];
  readonly env?: Readonly<Record<string, string | Argument>>;
  /** Content of the file named by `--config-file` or `ETCD_CONFIG_FILE`; with it etcd ignores flags and environment. */
  readonly configFile?: { readonly text: string; readonly path: string };
}

/** Errors: CONFIG_FILE_INVALID. */
export function readEtcdSettings(_sources: EtcdSettingsSources): EtcdSettings {
  throw new HoldfastError('DEFECT', 'not there yet');
}

/** Path of the config file that flags or environment name. */
export function etcdConfigFile(_sources: Pick<EtcdSettingsSources, 'argv' | 'env'>): Setting | undefined {
  throw new HoldfastError('DEFECT', 'not there yet');
}
