/**
 * CRCs of neighbouring ranges combine without the bytes: appending n bytes multiplies the first CRC by x^(8n) modulo
 * the polynomial. So pages may be read in disk order, on several cores, and hashed in tree order.
 *
 * Numbers are polynomials over GF(2) in the reflected order: bit 31 is x^0.
 */
const polynomial = 0x82f63b78;
const one = 0x80000000;

/** Product of two polynomials modulo the CRC's; masks instead of branches, which no processor can foresee here. */
function multiply(a: number, b: number): number {
  let product = 0;
  let factor = b;
  for (let bit = 0; bit < 32; bit++) {
    product ^= factor & ((a << bit) >> 31);
    factor = (factor >>> 1) ^ (polynomial & -(factor & 1));
  }
  return product >>> 0;
}

const digitCount = 256;

/**
 * Powers of x by the digits of a length to base 256: row k holds x^(8 · d · 256^k) for d = 0…255. A length of as many
 * digits takes one product less. Rows are made when a length first needs them.
 */
const rows: Uint32Array[] = [];

function powersOf(row: number): Uint32Array {
  const known = rows[row];
  if (known !== undefined) return known;
  const below = row === 0 ? undefined : powersOf(row - 1);
  const step = below === undefined ? one >>> 8 : multiply(below[digitCount - 1]!, below[1]!);
  const powers = new Uint32Array(digitCount);
  powers[0] = one;
  for (let digit = 1; digit < digitCount; digit++) powers[digit] = multiply(powers[digit - 1]!, step);
  rows[row] = powers;
  return powers;
}

/** x^(8 · length): what appending `length` bytes multiplies a CRC by. */
function shiftOf(length: number): number {
  let shift = powersOf(0)[length % digitCount]!;
  let rest = Math.floor(length / digitCount);
  for (let row = 1; rest > 0; row++) {
    shift = multiply(powersOf(row)[rest % digitCount]!, shift);
    rest = Math.floor(rest / digitCount);
  }
  return shift;
}

/**
 * CRC-32C of A followed by B, from the finished CRCs of A and of B and B's length in bytes.
 */
export function combineCrc32c(first: number, second: number, secondLength: number): number {
  if (secondLength === 0) return first;
  return (multiply(shiftOf(secondLength), first) ^ second) >>> 0;
}
