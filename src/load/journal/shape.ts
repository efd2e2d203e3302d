/*
  Checks the shape of objects that people may have written, before they are used.
*/

export type Shape = { readonly [name: string]: FieldType }
/** `#` is a whole number of at least 0, `*` any object, `list` any array. A field is optional if its type ends in `?`. */
type Plain = '#' | 'text' | 'flag' | '*' | 'list' | 'texts'
/** `[shape]` is an array of objects of that shape, and `[shape, '?']` one such object, which is optional. */
type FieldType = Plain | `${Plain}?` | Shape | readonly [Shape] | readonly [Shape, '?']

export function isOf(type: FieldType, value: unknown): boolean {
  if (typeof type === 'string') {
    return type.endsWith('?')
      ? value === undefined || isPlain(type.slice(0, -1) as Plain, value)
      : isPlain(type as Plain, value)
  }
  if (isTuple(type)) {
    const [shape, optional] = type
    if (optional !== undefined) return value === undefined || isOf(shape, value)
    return Array.isArray(value) && value.every(one => isOf(shape, one))
  }
  if (!isPlain('*', value)) return false
  const fields = value as Readonly<Record<string, unknown>>
  return Object.keys(type).every(name => isOf(type[name]!, fields[name]))
}

function isTuple(type: FieldType): type is readonly [Shape] | readonly [Shape, '?'] {
  return Array.isArray(type)
}

function isPlain(type: Plain, value: unknown): boolean {
  switch (type) {
    case '#':
      return Number.isSafeInteger(value) && (value as number) >= 0
    case 'text':
      return typeof value === 'string'
    case 'flag':
      return typeof value === 'boolean'
    case '*':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'list':
      return Array.isArray(value)
    case 'texts':
      return Array.isArray(value) && value.every(one => typeof one === 'string')
  }
}
