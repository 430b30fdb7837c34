/** Where the value of a flag comes from. Each kind comes before those below it. */
export type ValueOrigin =
  | { readonly kind: 'flag' }
  | { readonly kind: 'environment'; readonly variable: string }
  | {
      readonly kind: 'file';
      readonly path: string;
      /** Counted from 1. */
      readonly line: number;
    }
  | { readonly kind: 'default' };

export const fromDefault: ValueOrigin = { kind: 'default' };
