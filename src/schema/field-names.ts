/* Finds fields by name. The case may differ if only one field can match. */

/** Lookup tables by name. They are built once, because each of tens of thousands of columns may look up its field. */
export interface KnownNames {
  /** Index by name. For a repeated name, the index of the first field. */
  readonly indexes: ReadonlyMap<string, number>
  readonly twice: ReadonlySet<string>
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

/** Lower-case name → name; undefined if several names differ only in case. */
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

/** Accepts a different case only if no other field and no other column match. @param asked  the names of columns, by lower case */
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
