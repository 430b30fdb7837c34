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

/** x^(8 · 2^k) for k = 0…52, by squaring. */
const powersOfBytes = buildPowers();

function buildPowers(): Uint32Array {
  const powers = new Uint32Array(53);
  let power = one >>> 8; // x^8
  for (let k = 0; k < powers.length; k++) {
    powers[k] = power;
    power = multiply(power, power);
  }
  return powers;
}

const shortShifts = new Map<number, number>();
const shortShiftLimit = 1 << 16;

/** x^(8 · length): what appending `length` bytes multiplies a CRC by. */
function shiftOf(length: number): number {
  const known = shortShifts.get(length);
  if (known !== undefined) return known;
  let shift = one;
  let rest = length;
  for (let k = 0; rest > 0; k++) {
    if (rest % 2 === 1) shift = multiply(powersOfBytes[k]!, shift);
    rest = Math.floor(rest / 2);
  }
  if (length < shortShiftLimit) shortShifts.set(length, shift);
  return shift;
}

/**
 * CRC-32C of A followed by B, from the finished CRCs of A and of B and B's length in bytes.
 */
export function combineCrc32c(first: number, second: number, secondLength: number): number {
  if (secondLength === 0) return first;
  return (multiply(shiftOf(secondLength), first) ^ second) >>> 0;
}
