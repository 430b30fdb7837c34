/** The value of a flag from its text, by kind. */
import { InvalidArgumentError } from 'commander';
import { parseGoDuration } from '../../base/index.ts';
import type { FlagSpec } from './flag-spec.ts';
import { parseGoBool, parseGoInteger } from './go-values.ts';
import { usageError } from './usage-error.ts';

/** One flag's value from text that came another way than the command line. Errors: USAGE, naming the origin. */
export function parseFlagText(spec: FlagSpec, text: string, origin: string): unknown {
  try {
    return readValue(spec, text, undefined);
  } catch (error) {
    if (error instanceof InvalidArgumentError)
      throw usageError(`invalid value "${text}" in ${origin}`, error.message);
    throw error;
  }
}

export function defaultValue(spec: FlagSpec): unknown {
  if (spec.kind === 'duration' && spec.default !== undefined) return parseGoDuration(spec.default);
  return spec.default;
}

export function defaultText(spec: FlagSpec): string | undefined {
  if (spec.default === undefined) return undefined;
  return spec.kind === 'list' ? spec.default.join(',') : spec.default.toString();
}

/** A value of its kind. Throws commander's InvalidArgumentError, which becomes USAGE. */
export function readValue(spec: FlagSpec, text: string, previous: unknown): unknown {
  switch (spec.kind) {
    case 'boolean': {
      const on = parseGoBool(text);
      if (on === undefined) throw new InvalidArgumentError('It must be true or false.');
      return on;
    }
    case 'string':
      if (spec.choices !== undefined && !spec.choices.includes(text))
        throw new InvalidArgumentError(`Choose one of ${spec.choices.join(', ')}.`);
      return text;
    case 'integer': {
      const value = parseGoInteger(text);
      if (value === undefined) throw new InvalidArgumentError('It must be a whole number.');
      if (spec.minimum !== undefined && value < spec.minimum)
        throw new InvalidArgumentError(`It must be at least ${spec.minimum.toString()}.`);
      return value;
    }
    case 'duration': {
      const value = parseGoDuration(text);
      if (value === undefined)
        throw new InvalidArgumentError('Write a number with a unit, such as 5s or 1m30s.');
      if (value < 0) throw new InvalidArgumentError('It must not be negative.');
      return value;
    }
    case 'list': {
      const items = text.split(',').map((item) => item.trim());
      return previous === spec.default || previous === undefined
        ? items
        : [...(previous as string[]), ...items];
    }
  }
}
