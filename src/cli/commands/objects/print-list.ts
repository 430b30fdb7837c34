import {
  formatKubernetesJson,
  formatKubernetesYaml,
  type JsonObject,
} from '../../../formats/kubernetes-object/index.ts';
import type { Output, SteadyOutput } from '../../output/index.ts';

/** kubectl's indentation. */
const jsonIndent = '    ';

/**
 * Prints items as one list in JSON, as they come. Returns how many there were. Nothing is printed before the first has
 * come, or none: what fails before that leaves no half of a document.
 */
export async function printJsonList(items: AsyncIterable<JsonObject>, out: SteadyOutput): Promise<number> {
  const start = `{\n${jsonIndent}"apiVersion": "v1",\n${jsonIndent}"kind": "List",\n${jsonIndent}"items": [`;
  const newLine = `\n${jsonIndent}${jsonIndent}`;
  let count = 0;
  for await (const item of items) {
    const text = formatKubernetesJson(item, jsonIndent).replaceAll('\n', newLine);
    await out.write(`${count === 0 ? start : ','}${newLine}${text}`);
    count++;
  }
  const end = count === 0 ? start : `\n${jsonIndent}`;
  await out.write(
    `${end}],\n${jsonIndent}"metadata": {\n${jsonIndent}${jsonIndent}"resourceVersion": ""\n${jsonIndent}}\n}\n`,
  );
  return count;
}

/** The same in YAML. */
export async function printYamlList(items: AsyncIterable<JsonObject>, out: SteadyOutput): Promise<number> {
  const start = 'apiVersion: v1\n';
  let count = 0;
  for await (const item of items) {
    await out.write(`${count === 0 ? `${start}items:\n` : ''}${formatKubernetesYaml([item])}`);
    count++;
  }
  await out.write(
    `${count === 0 ? `${start}items: []\n` : ''}kind: List\nmetadata:\n  resourceVersion: ""\n`,
  );
  return count;
}

/** Prints one object. */
export function printObject(object: JsonObject, format: 'json' | 'yaml', out: Output): void {
  if (format === 'json') out.line(formatKubernetesJson(object, jsonIndent));
  else out.bytes(Buffer.from(formatKubernetesYaml(object)));
}
