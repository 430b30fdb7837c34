/**
 * What a flag is, as data: the parser, the help and the list of the whole command surface come from it.
 *
 * Kinds follow Go's pflag, which etcdctl's users know: `integer` takes what `strconv.ParseInt(…, 0, 64)` takes,
 * `duration` takes "5s" and "1m30s" and becomes milliseconds, `list` is comma-separated and may be repeated.
 */
interface FlagBase {
  /** One line for the help. */
  readonly summary: string;
  /** One letter: `-w`. */
  readonly short?: string;
  /** What the help calls the value; the kind by default. */
  readonly valueName?: string;
  /** Accepted, but not shown in the help. */
  readonly hidden?: boolean;
  /** The variable that gives its value when the command line does not. */
  readonly variable?: string;
  /** The setting of `holdfast.yaml` that gives its value when neither command line nor environment does. */
  readonly setting?: string;
  /** Of flags with the same at most one is set; one that comes later in the order replaces the others. */
  readonly alternatives?: FlagAlternatives;
}

export interface FlagAlternatives {
  /** What each of them says: `what opens the repository`. */
  readonly what: string;
  /** A variable that says the same as a value; secrets have no flag. */
  readonly secretVariable: string;
}

export interface BooleanFlag extends FlagBase {
  readonly kind: 'boolean';
  /** False by default; a flag that is true by default is turned off with `--flag=false`. */
  readonly default?: boolean;
}

export interface StringFlag extends FlagBase {
  readonly kind: 'string';
  readonly default?: string;
  readonly choices?: readonly string[];
  /** A file that may be a backup of the repository instead: the command gets the path of a copy then. */
  readonly takesBackup?: boolean;
}

export interface IntegerFlag extends FlagBase {
  readonly kind: 'integer';
  readonly default?: bigint;
  /** Smallest value that is accepted; any signed 64-bit value by default. */
  readonly minimum?: bigint;
}

export interface DurationFlag extends FlagBase {
  readonly kind: 'duration';
  /** In Go's notation, as the help shows it. */
  readonly default?: string;
}

export interface ListFlag extends FlagBase {
  readonly kind: 'list';
  readonly default?: readonly string[];
}

export type FlagSpec = BooleanFlag | StringFlag | IntegerFlag | DurationFlag | ListFlag;

/** Flags by their long name, without dashes. */
export type FlagSpecs = Readonly<Record<string, FlagSpec>>;

interface ValueOfKind {
  boolean: boolean;
  string: string;
  integer: bigint;
  /** Milliseconds. */
  duration: number;
  list: readonly string[];
}

type MayBeAbsent<S extends FlagSpec> = S extends BooleanFlag
  ? never
  : S extends { readonly default: unknown }
    ? never
    : undefined;

/** The value that a command receives: flags without a default may be absent. */
export type FlagValue<S extends FlagSpec> = ValueOfKind[S['kind']] | MayBeAbsent<S>;

export type FlagValues<F extends FlagSpecs> = { readonly [K in keyof F]: FlagValue<F[K]> };
