/** `holdfast.yaml`: what can be set, read with the place of every value. */
export { parseByteSize } from './byte-size.ts';
export {
  type ConfigFile,
  defaultConfigPath,
  readConfigFile,
  type ReadConfigOptions,
  requireSound,
} from './config-file.ts';
export { buildConfigSchema, type JsonSchema } from './config-schema.ts';
export { type ConfigValue, parseConfig, type ParsedConfig } from './parse-config.ts';
export type { RefusedSetting, Setting, SettingKind, SettingValue } from './setting.ts';
export { refusedSettings, secretVariables, settings } from './settings-table.ts';
