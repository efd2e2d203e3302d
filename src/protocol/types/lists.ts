/*
  Slices and joins columns whose elements are in a JavaScript array, and picks their rows.
*/

/** The first `length` elements; returns `data` itself if it has no further elements. */
export function firstOf<T>(data: readonly T[], length: number): readonly T[] {
  return data.length === length ? data : data.slice(0, length)
}

export function joined<T>(
  first: { readonly data: readonly T[]; readonly length: number },
  second: { readonly data: readonly T[]; readonly length: number },
): T[] {
  return [...firstOf(first.data, first.length), ...firstOf(second.data, second.length)]
}

/** Element i of the result is element `indexes[i]` of `data`. */
export function picked<T>(data: readonly T[], indexes: Int32Array): T[] {
  return Array.from(indexes, row => data[row]!)
}
