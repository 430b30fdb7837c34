import type { JsonObject } from '../../../formats/kubernetes-object/index.ts';
import { coreColumns } from './core-columns.ts';
import { customColumns } from './custom-columns.ts';
import { type KindColumns, plainColumns } from './kind-columns.ts';
import { podColumns } from './pod-columns.ts';
import { policyColumns } from './policy-columns.ts';
import { storageColumns } from './storage-columns.ts';
import { workloadColumns } from './workload-columns.ts';

/** By `group/Kind`. */
const known = new Map<string, KindColumns>(
  Object.entries({
    '/Pod': podColumns,
    ...coreColumns,
    ...workloadColumns,
    ...storageColumns,
    ...policyColumns,
  }),
);

/** Whose columns are asked for. */
export interface ColumnsOf {
  readonly group: string;
  readonly kind: string;
  /** Of a custom resource. */
  readonly definition?: JsonObject;
}

/**
 * The columns that kubectl shows for a kind.
 * @param apiVersion of the object: versions of a custom resource may have columns of their own
 */
export function columnsOf(type: ColumnsOf | undefined, apiVersion = ''): KindColumns {
  if (type === undefined) return plainColumns;
  if (type.definition !== undefined) return customColumns(type.definition, apiVersion);
  return known.get(`${type.group}/${type.kind}`) ?? plainColumns;
}
