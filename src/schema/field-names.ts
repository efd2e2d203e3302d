/*
  Finds fields by name. Ignores case if only one field can be meant.
*/

/** Look-ups by name, built once: a table may have tens of thousands of columns, and each looks for its field. */
export interface KnownNames {
  /** Index by name. For a repeated name, the index of the first field. */
  readonly indexes: ReadonlyMap<string, number>
  readonly twice: ReadonlySet<string>
  /** Name by its lower case; undefined if several names differ only in case. */
  readonly alike: ReadonlyMap<string, string | undefined>
}

export function knownNames(names: readonly string[]): KnownNames {
  const indexes = new Map<string, number>()
  const twice = new Set<string>()
  for (const [index, name] of names.entries()) {
    if (indexes.has(name)) twice.add(name)
    else indexes.set(name, index)
  }
  return { indexes, twice, alike: uniqueByLowerCase(indexes.keys()) }
}

/** Name by its lower case; undefined if several names differ only in case. */
export function uniqueByLowerCase(
  names: Iterable<string>,
): ReadonlyMap<string, string | undefined> {
  const found = new Map<string, string | undefined>()
  for (const name of names) {
    const key = name.toLowerCase()
    found.set(key, found.has(key) && found.get(key) !== name ? undefined : name)
  }
  return found
}

/**
 * Index of the field with this name, or −1. A field in another case counts only if no other field and no other column
 * could be meant.
 * @param asked  the names that columns look for, by lower case
 */
export function namedField(
  name: string,
  { indexes, twice, alike }: KnownNames,
  asked: ReadonlyMap<string, string | undefined>,
): number {
  const exact = indexes.get(name)
  if (exact !== undefined) return exact
  const key = name.toLowerCase()
  const other = alike.get(key)
  const isSure = other !== undefined && !twice.has(other) && asked.get(key) === name
  return (isSure ? indexes.get(other) : undefined) ?? -1
}
