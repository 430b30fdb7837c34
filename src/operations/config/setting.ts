/** What one setting is, as data: the reader of `holdfast.yaml`, its JSON Schema and its page come from it. */
export interface Setting {
  /** Section and name with a dot between: `retention.keep-daily`; a name alone at the top. */
  readonly path: string;
  readonly kind: SettingKind;
  /** One line for editors and for the page. */
  readonly summary: string;
  /** The flag that says the same on the command line, without dashes. */
  readonly flag?: string;
  /** The variable that says the same in the environment. */
  readonly variable: string;
  /** The only values, of a text. */
  readonly choices?: readonly string[];
  /** What a text has to look like: a regular expression for the schema, and the same in words. */
  readonly form?: SettingForm;
  /** Of settings with the same word at most one is set; one that comes later in the order replaces the others. */
  readonly alternatives?: string;
  /** Names a file that only its owner should be able to read. */
  readonly isSecretFile?: boolean;
}

/**
 * `path` is absolute. `integer` is not negative. `duration` is written as Go writes it (`5s`, `1m30s`). `list` is a
 * list of texts, or one text with commas.
 */
export type SettingKind = 'text' | 'path' | 'boolean' | 'integer' | 'duration' | 'list';

export interface SettingForm {
  readonly pattern: string;
  /** `write …`: `a span such as 30d`. */
  readonly words: string;
  /** What no pattern can say. */
  readonly check?: (text: string) => boolean;
}

/** As a flag of the same kind has it: text, boolean, bigint, milliseconds, texts. */
export type SettingValue = string | boolean | bigint | number | readonly string[];

/** A name that people try and that must not work, with what to do instead. */
export interface RefusedSetting {
  readonly path: string;
  readonly advice: string;
}
