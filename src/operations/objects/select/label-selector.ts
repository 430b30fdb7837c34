/**
 * Label selectors: `app=web,tier!=db,env in (a, b),zone notin (c),canary,!old,weight>3`.
 *
 * Source: k8s.io/apimachinery pkg/labels/selector.go (0.36.2).
 */
import { HoldfastError } from '../../../base/index.ts';

export type LabelTest = (labels: Readonly<Record<string, unknown>>) => boolean;

/** Parses a selector; the test holds for labels that meet every requirement. Errors: USAGE. */
export function parseLabelSelector(text: string): LabelTest {
  const tests = splitRequirements(text).map(parseRequirement);
  return (labels) => tests.every((test) => test(labels));
}

/** Splits at commas that are not between parentheses. */
function splitRequirements(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++;
    else if (text[i] === ')') depth--;
    else if (text[i] === ',' && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...parts, text.slice(start)].map((part) => part.trim()).filter((part) => part !== '');
}

const name = '[A-Za-z0-9]([-A-Za-z0-9_./]*[A-Za-z0-9])?';
const setForm = new RegExp(`^(?<key>${name})\\s+(?<how>in|notin)\\s*\\((?<values>[^()]*)\\)$`);
const valueForm = new RegExp(`^(?<key>${name})\\s*(?<how>==|=|!=|>|<)\\s*(?<value>[-A-Za-z0-9_.]*)$`);
const presenceForm = new RegExp(`^(?<not>!?)\\s*(?<key>${name})$`);

function parseRequirement(text: string): LabelTest {
  const set = setForm.exec(text)?.groups;
  if (set !== undefined) {
    const values = new Set(set['values']!.split(',').map((value) => value.trim()));
    const wanted = set['how'] === 'in';
    const key = set['key']!;
    // What has no such label is in no set, so that "notin" holds.
    return (labels) => (valueOf(labels, key) !== undefined && values.has(valueOf(labels, key)!)) === wanted;
  }
  const compared = valueForm.exec(text)?.groups;
  if (compared !== undefined) return comparison(compared['key']!, compared['how']!, compared['value']!);
  const presence = presenceForm.exec(text)?.groups;
  if (presence !== undefined) {
    const { key } = presence as { key: string };
    return (labels) => (valueOf(labels, key) !== undefined) === (presence['not'] === '');
  }
  throw new HoldfastError('USAGE', `a label selector cannot have "${text}"`, {
    hint: 'Write key=value, key!=value, key in (a,b), key notin (a,b), key or !key, with commas in between.',
  });
}

function comparison(key: string, how: string, value: string): LabelTest {
  if (how === '!=') return (labels) => valueOf(labels, key) !== value;
  if (how === '=' || how === '==') return (labels) => valueOf(labels, key) === value;
  const limit = Number(value);
  return (labels) => {
    const own = valueOf(labels, key);
    if (own === undefined || !/^-?\d+$/.test(own)) return false;
    return how === '>' ? Number(own) > limit : Number(own) < limit;
  };
}

function valueOf(labels: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  return typeof value === 'string' ? value : undefined;
}
