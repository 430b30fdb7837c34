/** Our words for the error codes of the `yaml` library, whose own messages quote the text. */
const words: Readonly<Record<string, string>> = {
  ALIAS_PROPS: 'an alias has an anchor or a tag',
  BAD_ALIAS: 'an alias names an anchor that is not there',
  BAD_DQ_ESCAPE: 'an escape in a double-quoted text is not valid',
  BAD_INDENT: 'the indentation is not right',
  BAD_SCALAR_START: 'a text begins with a character that needs quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a mapping begins within another on the same line',
  BLOCK_IN_FLOW: 'a block begins within brackets',
  MISSING_CHAR: 'a quote, bracket, comma or colon is missing',
  MULTILINE_IMPLICIT_KEY: 'a key runs over several lines, or a colon is missing',
  RESOURCE_EXHAUSTION: 'it is nested too deeply',
  TAB_AS_INDENT: 'a tab is used as indentation',
  UNEXPECTED_TOKEN: 'something is where it cannot be',
};

export function describeYamlError(code: string): string {
  return `not valid YAML: ${words[code] ?? code.toLowerCase().replaceAll('_', ' ')}`;
}
