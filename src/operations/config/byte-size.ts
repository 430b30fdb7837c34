const factors: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/** What `parseByteSize` takes, for a schema. */
export const byteSizePattern = '^[0-9]{1,6}(B|kB|MB|GB|KiB|MiB|GiB)$';

/** Bytes of `500kB` or `10MiB`; undefined for anything else, a number without a unit too. */
export function parseByteSize(text: string): number | undefined {
  const [, amount, unit] =
    new RegExp(byteSizePattern).exec(text) === null ? [] : (/^(\d+)(.+)$/.exec(text) ?? []);
  return amount === undefined || unit === undefined ? undefined : Number(amount) * factors[unit]!;
}
