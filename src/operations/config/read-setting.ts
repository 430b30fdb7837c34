import { parseGoDuration } from '../../base/index.ts';
import type { YamlNode, YamlScalar } from '../../kubernetes/yaml/index.ts';
import type { Setting, SettingValue } from './setting.ts';

/** The value of a setting from its node, or what is wrong with it; the words never quote it. */
export type ReadSetting = { readonly value: SettingValue } | { readonly problem: string };

export function readSetting(setting: Setting, node: YamlNode): ReadSetting {
  if (setting.kind === 'list') return readList(node);
  if (node.kind !== 'scalar')
    return {
      problem: `has to be ${kindWords[setting.kind]}, and is a ${node.kind === 'map' ? 'mapping' : 'list'}`,
    };
  if (node.isNull || node.text === '') return { problem: 'has no value: leave the line out, or give one' };
  switch (setting.kind) {
    case 'boolean':
      return readBoolean(node);
    case 'integer':
      return readInteger(node);
    case 'duration': {
      const ms = parseGoDuration(node.text);
      return ms === undefined || ms < 0
        ? { problem: 'has to be a number with a unit, such as 5s or 1m30s' }
        : { value: ms };
    }
    case 'path':
      return node.text.startsWith('/') ? { value: node.text } : { problem: 'has to be an absolute path' };
    case 'text':
      return readText(setting, node.text);
  }
}

const kindWords = {
  text: 'a text',
  path: 'an absolute path',
  boolean: 'true or false',
  integer: 'a whole number',
  duration: 'a duration such as 5s',
} as const;

function readText({ choices, form }: Setting, text: string): ReadSetting {
  if (choices !== undefined && !choices.includes(text))
    return { problem: `has to be one of ${choices.join(', ')}` };
  if (form === undefined) return { value: text };
  const fits = new RegExp(form.pattern).test(text) && (form.check?.(text) ?? true);
  return fits ? { value: text } : { problem: `has to be ${form.words}` };
}

function readBoolean({ text, style }: YamlScalar): ReadSetting {
  if (style !== 'plain') return { problem: 'has to be true or false, without quotes' };
  if (text === 'true' || text === 'false') return { value: text === 'true' };
  return { problem: 'has to be true or false' };
}

function readInteger({ text, style }: YamlScalar): ReadSetting {
  if (style !== 'plain') return { problem: 'has to be a whole number, without quotes' };
  // An older YAML reads a leading zero as octal.
  if (!/^(0|[1-9]\d{0,14})$/.test(text)) return { problem: 'has to be a whole number, not negative' };
  return { value: BigInt(text) };
}

function readList(node: YamlNode): ReadSetting {
  const problem = 'has to be a list of texts';
  if (node.kind === 'map') return { problem };
  const items = node.kind === 'list' ? node.items : [node];
  const texts = items.flatMap((item) => (item.kind === 'scalar' && !item.isNull ? [item.text] : []));
  if (texts.length !== items.length) return { problem };
  const value = (node.kind === 'list' ? texts : texts[0]!.split(',')).map((text) => text.trim());
  return value.length === 0 || value.includes('')
    ? { problem: 'has to be a list of texts, none of them empty' }
    : { value };
}
