/**
 * JSONPath as far as printer columns use it: `.spec.a`, `['b.c']`, `[0]`, `[-1]`, `[*]`, `.*` and
 * `[?(@.type=="Ready")]`.
 *
 * Source: k8s.io/client-go util/jsonpath (0.36.2).
 */
import type { JsonValue } from '../../../formats/kubernetes-object/index.ts';
import { at, isObject, textOf } from '../fields/index.ts';

type Step = (value: JsonValue) => readonly JsonValue[];

/** A compiled path: everything that it finds, in order. */
export type JsonPath = (value: JsonValue) => readonly JsonValue[];

/** Compiles a path; undefined for one beyond the subset. */
export function parseJsonPath(text: string): JsonPath | undefined {
  const steps: Step[] = [];
  let rest = text.replace(/^\{(.*)\}$/, '$1').replace(/^\$/, '');
  if (rest !== '' && !/^[.[]/.test(rest)) rest = `.${rest}`;
  while (rest !== '') {
    const token = firstToken(rest);
    if (token === undefined) return undefined;
    steps.push(token.step);
    rest = rest.slice(token.length);
  }
  return (value) => steps.reduce<readonly JsonValue[]>((found, step) => found.flatMap(step), [value]);
}

function firstToken(text: string): { readonly step: Step; readonly length: number } | undefined {
  for (const [pattern, build] of tokens) {
    const match = pattern.exec(text);
    if (match !== null) return { step: build(match), length: match[0].length };
  }
  return undefined;
}

const tokens: readonly (readonly [RegExp, (match: RegExpExecArray) => Step])[] = [
  [/^(\.\*|\[\*\])/, () => (value) => children(value)],
  [/^\.((?:[^.[\]\\\s]|\\.)+)/, ([, name = '']) => member(name.replace(/\\(.)/g, '$1'))],
  [/^\.(?=\[)/, () => (value) => [value]],
  [/^\['((?:[^'\\]|\\.)*)'\]/, ([, name = '']) => member(name.replace(/\\(.)/g, '$1'))],
  [/^\["((?:[^"\\]|\\.)*)"\]/, ([, name = '']) => member(name.replace(/\\(.)/g, '$1'))],
  [/^\[(-?\d{1,9})\]/, ([, index = '']) => item(Number(index))],
  [
    /^\[\?\(@\.([\w.-]+)\s*(==|!=)\s*(?:"([^"]*)"|'([^']*)'|([\w.-]+))\)\]/,
    ([, path = '', how, double, single, bare]) => filter(path, how === '==', double ?? single ?? bare ?? ''),
  ],
];

function member(name: string): Step {
  return (value) => (isObject(value) && Object.hasOwn(value, name) ? [value[name]!] : []);
}

function item(index: number): Step {
  return (value) => {
    const found = Array.isArray(value) ? value.at(index) : undefined;
    return found === undefined ? [] : [found];
  };
}

function children(value: JsonValue): readonly JsonValue[] {
  if (Array.isArray(value)) return value;
  return isObject(value) ? Object.values(value) : [];
}

function filter(path: string, wantsEqual: boolean, text: string): Step {
  return (value) => children(value).filter((one) => (textOf(at(one, path)) === text) === wantsEqual);
}
