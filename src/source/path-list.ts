/*
  The list of a run's inputs while patterns and folders are expanded: paths by index, in the order of JavaScript strings.
*/

/** Paths by index. An array of strings is also a `PathList`. */
export interface PathList extends Iterable<string> {
  readonly length: number
  /** @returns undefined beyond the end */
  at(index: number): string | undefined
}

export interface GrowingPathList extends PathList {
  /** @param folder  the path before the name */
  add(folder: string, name: string): void
  /** Sorts the paths from an index on, and removes duplicates among them. */
  sortFrom(index: number): void
  move(from: number, to: number): void
  cut(length: number): void
}

export function newPathList(): GrowingPathList {
  const paths: string[] = []
  return {
    get length() {
      return paths.length
    },
    at: index => (index < 0 ? undefined : paths[index]),
    [Symbol.iterator]: () => paths.values(),
    add: (folder, name) => void paths.push(folder + name),
    sortFrom(index) {
      const sorted = new Set(paths.splice(index).sort())
      for (const path of sorted) paths.push(path)
    },
    move: (from, to) => void (paths[to] = paths[from]!),
    cut: length => void (paths.length = length),
  }
}
