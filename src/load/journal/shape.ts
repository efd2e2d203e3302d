/*
  Checks the shape of objects that were read from a file, before they are used.
*/

export type Shape = { readonly [name: string]: FieldType }
/**
 * `#` is a whole number of at least 0, `*` any object. `[shape]` is an array of objects
 * of that shape. A field is optional if its type ends in `?` or has the form `[shape, '?']`.
 */
type FieldType =
  '#' | '#?' | 'time' | 'text' | 'text?' | 'flag' | 'flag?' | '*' | '*?' | Shape | Many
type Many = readonly [Shape] | readonly [Shape, '?']

/** The name of the first field that has the wrong type; undefined if all fields fit. */
export function faultyField(
  shape: Shape,
  given: Readonly<Record<string, unknown>>,
): string | undefined {
  return Object.keys(shape).find(name => !isOf(shape[name]!, given[name]))
}

export function isOf(type: FieldType, value: unknown): boolean {
  if (type === 'text?') return value === undefined || isOf('text', value)
  if (type === 'flag?') return value === undefined || isOf('flag', value)
  if (type === '#?') return value === undefined || isOf('#', value)
  if (type === '*?') return value === undefined || isOf('*', value)
  if (type === '#') return Number.isSafeInteger(value) && (value as number) >= 0
  // Times before 1970 are negative.
  if (type === 'time') return Number.isSafeInteger(value)
  if (type === 'text') return typeof value === 'string'
  if (type === 'flag') return typeof value === 'boolean'
  if (isMany(type)) {
    if (value === undefined) return type.length === 2
    return Array.isArray(value) && value.every(one => isOf(type[0], one))
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return type === '*' || faultyField(type, value as Record<string, unknown>) === undefined
}

function isMany(type: FieldType): type is Many {
  return Array.isArray(type)
}
