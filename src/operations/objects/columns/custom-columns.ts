/**
 * The printer columns that a CustomResourceDefinition gives to its resource.
 *
 * Source: k8s.io/apiextensions-apiserver pkg/registry/customresource/tableconvertor/tableconvertor.go (1.36.2).
 */
import {
  formatKubernetesJson,
  type JsonObject,
  type JsonValue,
} from '../../../formats/kubernetes-object/index.ts';
import { formatAge } from './age.ts';
import { at, listAt, textAt, textOf } from '../fields/index.ts';
import { type CellContext, type KindColumns, kindColumns, plainColumns } from './kind-columns.ts';
import { type JsonPath, parseJsonPath } from './json-path.ts';

interface CustomColumn {
  readonly name: string;
  readonly type: string;
  readonly isWide: boolean;
  readonly path: JsonPath | undefined;
}

/** The columns of a version of a custom resource; names and ages when the definition has none. */
export function customColumns(definition: JsonObject, apiVersion: string): KindColumns {
  const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
  const versions = listAt(definition, 'spec.versions');
  const described =
    versions.find((one) => textAt(one, 'name') === version) ??
    versions.find((one) => at(one, 'storage') === true);
  const columns = listAt(described, 'additionalPrinterColumns').map(readColumn);
  if (columns.length === 0) return plainColumns;
  return kindColumns(
    columns.map(({ name, isWide }) => `${isWide ? '+' : ''}${name.toUpperCase()}`),
    (object, context) => columns.map((column) => cellOf(column, object, context)),
  );
}

function readColumn(column: JsonValue): CustomColumn {
  const priority = at(column, 'priority');
  return {
    name: textAt(column, 'name'),
    type: textAt(column, 'type'),
    isWide: priority !== undefined && Number(textOf(priority)) !== 0,
    path: parseJsonPath(textAt(column, 'jsonPath')),
  };
}

function cellOf({ type, path }: CustomColumn, object: JsonObject, { nowMs }: CellContext): string {
  const [found] = path?.(object) ?? [];
  if (found === undefined || found === null) return '';
  if (type === 'date') return formatAge(textOf(found), nowMs);
  return typeof found === 'object' ? formatKubernetesJson(found) : String(found);
}
