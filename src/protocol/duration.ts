/*
  Units of DURATION: numbers on the wire (protocol notes §4.2), letters in text.
*/
const letters = ['ns', 'us', 'ms', 's', 'm', 'H', 'd', 'w', 'M', 'y', 'B'] as const

/** Letters → number, without exchange calendars. */
export const durationUnits: ReadonlyMap<string, number> = new Map(
  letters.map((unit, number) => [unit, number]),
)

/** Letters of a unit; beyond the list they are the four of an exchange's code, the first in the highest byte. */
export function durationUnitText(unit: number): string {
  const known = letters[unit]
  if (known !== undefined) return known
  return String.fromCharCode(unit >>> 24, (unit >> 16) & 255, (unit >> 8) & 255, unit & 255)
}

/** Number of a unit or of an exchange's code; undefined for all other letters. */
export function durationUnitOf(text: string): number | undefined {
  const known = durationUnits.get(text)
  if (known !== undefined) return known
  if (!/^[A-Z]{4}$/.test(text)) return undefined
  let unit = 0
  for (const letter of text) unit = unit * 256 + letter.charCodeAt(0)
  return unit
}
