/*
  Checks the shape of objects that were read from a file, before they are used. Their types follow from their shapes.
*/

export type Shape = { readonly [name: string]: FieldType }
/** `#` is a whole number of at least 0, `*` any object, `list` any array. A field is optional if its type ends in `?`. */
type Plain = '#' | 'time' | 'text' | 'flag' | '*' | 'list' | 'texts'
/** `[shape]` is an array of objects of that shape, and `[shape, '?']` one such object, which is optional. */
type FieldType = Plain | `${Plain}?` | Shape | readonly [Shape] | readonly [Shape, '?']

/** A field of type `T`, of which only `F` is checked. */
export type Is<T, F extends FieldType = '*'> = F & { readonly is: T }

type Optional = `${Plain}?` | readonly [Shape, '?']
type Flat<T> = { readonly [K in keyof T]: T[K] }

/** The objects that have the shape. */
export type Fit<S> = Flat<
  { readonly [K in keyof S as S[K] extends Optional ? never : K]: Value<S[K]> } & {
    readonly [K in keyof S as S[K] extends Optional ? K : never]?: Value<S[K]>
  }
>

type Value<F> = F extends { readonly is: infer T }
  ? T
  : F extends '#' | '#?' | 'time'
    ? number
    : F extends 'text' | 'text?'
      ? string
      : F extends 'flag' | 'flag?'
        ? boolean
        : F extends 'texts' | 'texts?'
          ? readonly string[]
          : F extends readonly [infer S]
            ? readonly Fit<S>[]
            : F extends readonly [infer S, '?']
              ? Fit<S>
              : Fit<F>

/** The name of the first field that has the wrong type; undefined if all fields fit. */
export function faultyField(
  shape: Shape,
  given: Readonly<Record<string, unknown>>,
): string | undefined {
  return Object.keys(shape).find(name => !isOf(shape[name]!, given[name]))
}

export function isOf(type: FieldType, value: unknown): boolean {
  if (typeof type === 'string') {
    return type.endsWith('?')
      ? value === undefined || isPlain(type.slice(0, -1) as Plain, value)
      : isPlain(type as Plain, value)
  }
  if (!isTuple(type))
    return (
      isPlain('*', value) &&
      faultyField(type, value as Readonly<Record<string, unknown>>) === undefined
    )
  if (type.length === 2) return value === undefined || isOf(type[0], value)
  return Array.isArray(value) && value.every(one => isOf(type[0], one))
}

function isPlain(type: Plain, value: unknown): boolean {
  switch (type) {
    case '#':
      return Number.isSafeInteger(value) && (value as number) >= 0
    case 'time':
      // Times before 1970 are negative.
      return Number.isSafeInteger(value)
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

function isTuple(type: FieldType): type is readonly [Shape] | readonly [Shape, '?'] {
  return Array.isArray(type)
}
