import {
  formatKubernetesJson,
  formatKubernetesYaml,
  type JsonObject,
} from '../../../formats/kubernetes-object/index.ts';
import type { Output, SteadyOutput } from '../../output/index.ts';

/** kubectl's indentation. */
const jsonIndent = '    ';

/** Prints items as one list in JSON, as they come. Returns how many there were. */
export async function printJsonList(items: AsyncIterable<JsonObject>, out: SteadyOutput): Promise<number> {
  await out.write(
    `{\n${jsonIndent}"apiVersion": "v1",\n${jsonIndent}"kind": "List",\n${jsonIndent}"items": [`,
  );
  const newLine = `\n${jsonIndent}${jsonIndent}`;
  let count = 0;
  for await (const item of items) {
    const text = formatKubernetesJson(item, jsonIndent).replaceAll('\n', newLine);
    await out.write(`${count === 0 ? '' : ','}${newLine}${text}`);
    count++;
  }
  const end = count === 0 ? '' : `\n${jsonIndent}`;
  await out.write(
    `${end}],\n${jsonIndent}"metadata": {\n${jsonIndent}${jsonIndent}"resourceVersion": ""\n${jsonIndent}}\n}\n`,
  );
  return count;
}

/** The same in YAML. */
export async function printYamlList(items: AsyncIterable<JsonObject>, out: SteadyOutput): Promise<number> {
  let count = 0;
  await out.write('apiVersion: v1\n');
  for await (const item of items) {
    await out.write(`${count === 0 ? 'items:\n' : ''}${formatKubernetesYaml([item])}`);
    count++;
  }
  await out.write(`${count === 0 ? 'items: []\n' : ''}kind: List\nmetadata:\n  resourceVersion: ""\n`);
  return count;
}

/** Prints one object. */
export function printObject(object: JsonObject, format: 'json' | 'yaml', out: Output): void {
  if (format === 'json') out.line(formatKubernetesJson(object, jsonIndent));
  else out.bytes(Buffer.from(formatKubernetesYaml(object)));
}
