/*
  What objects that were read from a file have to look like before they are believed.
*/

/** The fields that an object must have to be accepted. */
export type Shape = { readonly [name: string]: FieldType }
/**
 * `#` for a whole number that is not negative, `#s` for many, `*` for any object; a shape for one with fields, in brackets for
 * many. A type that ends in `?`, or has one beside it, may be left out.
 */
type FieldType = '#' | '#s' | 'time' | 'text' | 'text?' | 'flag' | '*' | '*?' | Shape | Many
type Many = readonly [Shape] | readonly [Shape, '?']

/** What is wrong with a record, as the end of a sentence that begins with its line; undefined if nothing. */
export function faultOf(record: JournalRecord): string | undefined {
  const given = Object(record) as Record<string, unknown>
  const { kind, format, token, options } = given
  const isKnown = typeof kind === 'string' && Object.hasOwn(shapes, kind)
  if (!isKnown) return `is of the kind ${JSON.stringify(kind)}, which this version does not know`
  const wrong = faultyField(shapes[kind as JournalRecord['kind']], given)
  if (wrong !== undefined) return `has no ${wrong} that makes sense`
  if (kind !== 'run') return undefined
  if (!readFormats.includes(format)) {
    const known = readFormats.join(', ')
    return `is of format ${JSON.stringify(format)}, and this version reads formats ${known}`
  }
  // 63 bits, and not 0: it becomes a number on the server.
  if (!/^(?=.*[1-9a-f])[0-7]?[0-9a-f]{1,15}$/.test(token as string)) {
    return 'has no token that makes sense'
  }
  return areJournaledOptions(options) ? undefined : 'has no options that make sense'
}

export function faultyField(shape: Shape, given: Readonly<Record<string, unknown>>): string | undefined {
  return Object.keys(shape).find(name => !isOf(shape[name]!, given[name]))
}

/** Whether a value that was read from a file has this type. */
export function isOf(type: FieldType, value: unknown): boolean {
  if (type === 'text?') return value === undefined || isOf('text', value)
  if (type === '*?') return value === undefined || isOf('*', value)
  if (type === '#') return Number.isSafeInteger(value) && (value as number) >= 0
  if (type === '#s') return Array.isArray(value) && value.every(one => isOf('#', one))
  // Negative before 1970.
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
