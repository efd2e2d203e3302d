/*
  Converts decimal text to the nearest single-precision number ("single"). If the nearest double lies exactly between two
  singles, rounding that double again may be wrong. Then the text itself decides.
*/

/** True if a finite double lies exactly between two singles, so that only the text shows which single is nearer. */
export function isBetweenSingles(value: number): boolean {
  const single = Math.fround(value)
  // `other` is exact, because it is a multiple of the last bit of `value`, and near `value`.
  const other = 2 * value - single
  return other !== single && Math.fround(other) === other
}

/** Halfway between the largest single and the next one, if there were a next one. */
const halfwayToInfinity = 2 ** 128 - 2 ** 103
const largestSingle = 2 ** 128 - 2 ** 104

/**
 * @param text  digits, a point, an exponent; maybe a sign
 * @param value  the double nearest to the text, finite
 * @returns the nearest single, ties to even; ±Infinity if the number is too large for a single
 */
export function singleOf(text: string, value: number): number {
  const single = Math.fround(value)
  if (Math.abs(value) === halfwayToInfinity) {
    return compare(text, value) < 0 ? Math.sign(value) * largestSingle : single
  }
  if (!isBetweenSingles(value)) return single
  const other = 2 * value - single
  const difference = compare(text, value)
  if (difference === 0) return single
  const isLarger = Math.abs(other) > Math.abs(single)
  return difference > 0 === isLarger ? other : single
}

/** A number halfway between two singles has fewer digits than this. Later digits matter only if one is not zero. */
const maxDigits = 200

/** Compares the absolute values of a decimal text and a double exactly; returns the sign of their difference. */
function compare(text: string, value: number): number {
  const match = /^[+-]?(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text)
  const [, whole = '', fraction = '', exponent = '0'] = match ?? []
  const all = `${whole}${fraction}`.replace(/^0+/, '')
  const kept = all.slice(0, maxDigits)
  const isCut = /[1-9]/.test(all.slice(maxDigits))
  // One more digit replaces all digits that were cut.
  const digits = BigInt(`${kept}${isCut ? '1' : '0'}`)
  const tens = Number(exponent) - fraction.length + (all.length - kept.length) - 1
  let size = Math.abs(value)
  let twos = 0
  while (!Number.isInteger(size)) {
    size *= 2
    twos--
  }
  const decimal = digits * 10n ** BigInt(Math.max(tens, 0)) * 2n ** BigInt(-twos)
  const double = BigInt(size) * 10n ** BigInt(Math.max(-tens, 0))
  return decimal < double ? -1 : Number(decimal > double)
}
