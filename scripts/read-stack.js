/*
  Finds the source lines for a stack from a user of the package. A package has short names and no source maps, but a checkout of the same
  version builds the same pieces with maps.
    npm run build && node scripts/read-stack.js < STACK
*/
import { existsSync, readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = new URL('..', import.meta.url)
const maps = new Map()

/** Returns undefined for a piece that this checkout lacks, because the stack is from a different version. */
function mapOf(piece) {
  if (!maps.has(piece)) {
    const path = fileURLToPath(new URL(`${piece}.map`, root))
    maps.set(
      piece,
      existsSync(path) ? new SourceMap(JSON.parse(readFileSync(path, 'utf8'))) : undefined,
    )
  }
  return maps.get(piece)
}

/** Adds the position in the sources to each position in a piece, such as `dist/chunks/a-B.js:3:120`. */
export function readStack(stack) {
  return stack.replace(
    /(?:file:\/\/)?[^\s()]*?(dist\/(?:[\w-]+\/)*[\w-]+\.js):(\d+):(\d+)/g,
    (place, piece, line, column) => {
      const map = mapOf(piece)
      if (map === undefined) return `${place} (not of this version)`
      const { originalSource, originalLine, originalColumn } = map.findEntry(line - 1, column - 1)
      if (originalSource === undefined) return place
      const source = new URL(originalSource, new URL(piece, root))
      const path = relative(fileURLToPath(root), fileURLToPath(source))
      return `${path}:${originalLine + 1}:${originalColumn + 1}`
    },
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(readStack(readFileSync(0, 'utf8')))
}
