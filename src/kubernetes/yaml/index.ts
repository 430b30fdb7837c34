/** YAML and JSON files of Kubernetes, every value with its place. The only part that knows the `yaml` library. */
export { invalidFile } from './invalid-file.ts';
export type { Located } from './located.ts';
export { parseYaml } from './parse-yaml.ts';
export { FieldReader } from './read-fields.ts';
export type { YamlList, YamlMap, YamlNode, YamlScalar } from './yaml-node.ts';
