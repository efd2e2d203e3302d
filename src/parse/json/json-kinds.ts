/* The kinds of JSON values, as bits, so that a type can list the kinds that it accepts. */
export const jsonKinds = {
  null: 1,
  boolean: 2,
  number: 4,
  string: 8,
  array: 16,
  object: 32,
  /** NaN and infinities: not JSON, but some programs write them. */
  notFinite: 64,
} as const

const kindNames: readonly (readonly [number, string])[] = [
  [jsonKinds.boolean, 'true or false'],
  [jsonKinds.number, 'a number'],
  [jsonKinds.string, 'a string'],
  [jsonKinds.array, 'an array'],
  [jsonKinds.object, 'an object'],
  [jsonKinds.null, 'null'],
  [jsonKinds.notFinite, 'NaN or an infinity'],
]

/** Names the kinds in a message: `a number or a string`. */
export function kindsText(kinds: number): string {
  const named = kindNames.filter(([kind]) => (kinds & kind) !== 0)
  return named.map(([, name]) => name).join(' or ')
}
